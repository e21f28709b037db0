"""What is said of an object that an apply for show does not get through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import Discovery
from bootstrap.cluster.dry_run import DryRun
from bootstrap.errors import BootstrapError
from tests.unit.cluster.api_server import ApiServer

Served = tuple[ApiServer, Connection]
PLACE = "/api/v1/namespaces/agentsmith-prod"


@pytest.fixture
def dry_run(served: Served) -> DryRun:
    served[0].serves("v1", ("ConfigMap", "configmaps"), ("Secret", "secrets"))
    return DryRun(served[1], Discovery(served[1]))


def item(kind: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "it"}}


def test_it_is_applied_as_argo_cd_would_and_kept_nowhere(dry_run: DryRun, served: Served) -> None:
    server, _connection = served
    server.answers[f"PATCH {PLACE}/configmaps/it"] = (200, {"kind": "ConfigMap", "data": {}})

    assert dry_run.apply(item("ConfigMap"), "agentsmith-prod") == {"kind": "ConfigMap", "data": {}}
    assert server.queries[-1] == {
        "fieldManager": "argocd-controller", "force": "true", "dryRun": "All",
    }  # fmt: skip
    assert json.loads(server.bodies[-1]) == item("ConfigMap")


def test_a_namespace_that_is_not_there_is_no_unknown_kind(dry_run: DryRun, served: Served) -> None:
    missing = {"message": 'namespaces "agentsmith-prod"\nnot found'}
    served[0].answers[f"PATCH {PLACE}/configmaps/it"] = (404, missing)

    with pytest.raises(BootstrapError) as raised:
        dry_run.apply(item("ConfigMap"), "agentsmith-prod")

    assert raised.value.message == (
        "a dry run of ConfigMap it: the API server refuses it with 404:"
        ' namespaces "agentsmith-prod" not found'
    )
    assert dry_run.read(item("ConfigMap"), "agentsmith-prod") is None


def test_a_kind_that_the_cluster_does_not_have_is_named(dry_run: DryRun) -> None:
    with pytest.raises(BootstrapError) as raised:
        dry_run.apply(item("Gateway"), "agentsmith-prod")

    assert raised.value.message == "a dry run of Gateway it: the cluster has no kind Gateway of v1"
    assert dry_run.read(item("Gateway"), "agentsmith-prod") is None


def test_the_reason_is_left_out_where_it_may_quote_a_value(dry_run: DryRun, served: Served) -> None:
    served[0].answers[f"PATCH {PLACE}/secrets/it"] = (422, {"message": "invalid: marked"})

    with pytest.raises(BootstrapError) as raised:
        dry_run.apply(item("Secret"), "agentsmith-prod")

    assert raised.value.message == "a dry run of Secret it: the API server refuses it with 422"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/api/v1", "asking for the kinds of v1: the API server refuses it with 403: no"),
        (
            f"{PLACE}/configmaps/it",
            "reading ConfigMap it: the API server refuses it with 403: no",
        ),
    ],
)
def test_what_may_not_be_read_is_refused(
    dry_run: DryRun, served: Served, path: str, message: str
) -> None:
    served[0].answers[f"GET {path}"] = (403, {"message": "no"})

    with pytest.raises(BootstrapError) as raised:
        dry_run.read(item("ConfigMap"), "agentsmith-prod")

    assert raised.value.message == message
