"""What is found under the label of sealing keys."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace
from typing import Any

import pytest

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.controller_keys import ControllerKeys
from bootstrap.errors import BootstrapError
from tests.unit.cluster.api_server import ApiServer


def keys_of(*secrets: dict[str, Any]) -> ControllerKeys:
    """Return the keys of a controller in whose namespace these Secrets are."""
    api = SimpleNamespace(
        items=lambda *_where: list(secrets), translated=lambda _step: contextlib.nullcontext()
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


def test_a_key_is_added_without_force_and_one_that_is_there_is_left(
    served: tuple[ApiServer, Connection],
) -> None:
    server, connection = served
    place = "/api/v1/namespaces/kube-system/secrets/new"
    server.answers[f"PATCH {place}"] = (201, {"kind": "Secret"})
    keys = ControllerKeys(connection)

    keys.add_key("kube-system", "new", certificate="c", private_key="k")

    assert server.asked == [f"GET {place}", f"PATCH {place}"]
    assert server.queries[-1] == {"fieldManager": "agentsmith-bootstrap"}
    assert json.loads(server.bodies[-1])["metadata"]["name"] == "new"
    server.answers[f"GET {place}"] = (200, {"metadata": {"name": "new"}})
    with pytest.raises(BootstrapError, match="is there with another certificate"):
        keys.add_key("kube-system", "new", certificate="c", private_key="k")
