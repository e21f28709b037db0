from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.errors import BootstrapError
from bootstrap.yaml.documents import parse_mapping


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b\nc: [SECRET\n", "f.yaml:3:1: not valid YAML"),
        ("a: 1\na: SECRET\n", "f.yaml:2:1: not valid YAML"),
        ("SECRET\n", "f.yaml: expected one YAML mapping"),
        ("", "f.yaml: expected one YAML mapping"),
        ("- SECRET\n", "f.yaml: expected one YAML mapping"),
        ("a: SECRET\n---\nb: SECRET\n", "f.yaml:2:1: not valid YAML"),
        ("a: !!python/object:SECRET {}\n", "f.yaml:1:4: not valid YAML"),
        ("a: \x07SECRET\n", "f.yaml: not valid YAML (ReaderError)"),
        ("a: !!timestamp SECRET\n", "f.yaml:1:4: not valid YAML"),
        ("a: " + "[" * 700, "f.yaml: not valid YAML (RecursionError)"),
        ("a: b\n? {a: SECRET}\n: c\n", "f.yaml:2:3: not valid YAML"),
        ("? [a]\n: SECRET\n", "f.yaml:1:3: not valid YAML"),
        ("~: SECRET\n", "f.yaml:1:1: not valid YAML"),
        ("a: &x [SECRET, *x]\n", "f.yaml:1:4: not valid YAML"),
        ("a: !!int SECRET\n", "f.yaml:1:4: not valid YAML"),
        ("a: !!set {SECRET}\n", "f.yaml:1:4: not valid YAML"),
        ("a: *SECRET\n", "f.yaml:1:4: not valid YAML"),
        ("a: !!binary SECRET\n", "f.yaml: not valid YAML (Error)"),
        ("b: 1\n<<: [SECRET]\n", "f.yaml:2:6: not valid YAML"),
    ],
    ids=range(19),
)
def test_what_is_not_one_mapping_is_refused_without_quoting_it(text: str, message: str):
    with pytest.raises(BootstrapError) as caught:
        parse_mapping(text, path="f.yaml")
    assert caught.value.message == message
    assert caught.value.hint == "mend the file, or restore it with `git checkout`"


@settings(max_examples=settings.default.max_examples // 4)
@given(st.text(alphabet="ab:-?[]{},&*!|>'\"%@`#~<=01.\n \t", max_size=40))
def test_any_text_is_a_mapping_or_one_clear_error(text: str):
    try:
        assert isinstance(parse_mapping(text, path="f"), dict)
    except BootstrapError as error:
        assert error.message.startswith("f")
