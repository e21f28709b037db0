"""What is found under the label of sealing keys."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from bootstrap.cluster.controller_keys import ControllerKeys
from bootstrap.errors import BootstrapError


def keys_of(*secrets: dict[str, Any]) -> ControllerKeys:
    """Return the keys of a controller in whose namespace these Secrets are."""
    items = [
        SimpleNamespace(metadata=SimpleNamespace(name=item["metadata"]["name"]), raw=item)
        for item in secrets
    ]
    api = SimpleNamespace(
        core=SimpleNamespace(
            list_namespaced_secret=lambda *_where, **_options: SimpleNamespace(items=items)
        ),
        translated=lambda _step: contextlib.nullcontext(),
        serialize=lambda item: item.raw,
    )
    return ControllerKeys(api)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data", [None, {}, {"tls.crt": "bWFya2Vk"}, {"tls.crt": "!", "tls.key": "marked"}]
)
def test_a_secret_that_is_no_key_is_named_and_not_shown(data: dict[str, str] | None) -> None:
    secret = {"metadata": {"name": "odd", "labels": {}}, "data": data}
    with pytest.raises(BootstrapError) as raised:
        keys_of(secret).keys("kube-system")
    assert (raised.value.message, raised.value.hint) == (
        "Secret kube-system/odd is labelled as a sealing key, but holds none",
        "look at it, and take its label off if it is not the controller's",
    )


def test_where_there_is_no_key_there_is_none() -> None:
    assert keys_of().keys("kube-system") == []
