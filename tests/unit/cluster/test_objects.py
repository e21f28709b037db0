"""What is said of an object that an apply for show does not get through."""

from __future__ import annotations

import contextlib
import json
from typing import Any, cast

import pytest

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.objects import DryRun
from bootstrap.errors import BootstrapError

_KINDS = {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]}


class FakeConnection:
    """An API server with ConfigMaps, in which no namespace is."""

    def request(
        self, method: str, path: str, _body: object, _content_type: str
    ) -> tuple[int, bytes]:
        if path == "/api/v1":
            return 200, json.dumps(_KINDS).encode()
        return 404, json.dumps({"message": f'namespaces "{path.split("/")[4]}" not found'}).encode()

    def translated(self, _step: str) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


def item(kind: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "it"}}


def test_a_namespace_that_is_not_there_is_no_unknown_kind() -> None:
    dry_run = DryRun(cast(Connection, FakeConnection()))

    with pytest.raises(BootstrapError) as raised:
        dry_run.apply(item("ConfigMap"), "agentsmith-prod")

    assert raised.value.message == (
        "a dry run of ConfigMap it: the API server refuses it with 404:"
        ' namespaces "agentsmith-prod" not found'
    )
    assert dry_run.read(item("ConfigMap"), "agentsmith-prod") is None


def test_a_kind_that_the_cluster_does_not_have_is_named() -> None:
    with pytest.raises(BootstrapError) as raised:
        DryRun(cast(Connection, FakeConnection())).apply(item("Gateway"), "agentsmith-prod")

    assert raised.value.message == "a dry run of Gateway it: the cluster has no kind Gateway of v1"
