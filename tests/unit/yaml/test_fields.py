from __future__ import annotations

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.yaml.fields import Fields

FIELDS = Fields(
    {"spec": {"source": {"path": "helm", "empty": "", "number": 1, "nothing": None}}},
    lambda key: BootstrapError(f"file: {key}", "restore it"),
)


def test_fields_are_found_below_one_another() -> None:
    source = FIELDS.mapping("spec").mapping("source")

    assert (source.text("path"), source.values["number"]) == ("helm", 1)


@pytest.mark.parametrize("key", ["empty", "number", "nothing", "absent"])
def test_what_is_no_text_is_an_error_of_the_file(key: str) -> None:
    with pytest.raises(BootstrapError) as raised:
        FIELDS.mapping("spec").mapping("source").text(key)

    assert (raised.value.message, raised.value.hint) == (f"file: {key}", "restore it")


@pytest.mark.parametrize("key", ["path", "nothing", "absent"])
def test_what_is_no_mapping_is_an_error_of_the_file(key: str) -> None:
    with pytest.raises(BootstrapError) as raised:
        FIELDS.mapping("spec").mapping("source").mapping(key)

    assert raised.value.message == f"file: {key}"
