from __future__ import annotations

import json
from typing import Any

import pytest

from bootstrap.cluster.argocd import ArgoCD
from bootstrap.cluster.connection import Connection
from bootstrap.errors import BootstrapError
from tests.unit.cluster.api_server import ApiServer

Served = tuple[ApiServer, Connection]
PLACE = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/root"
WANTED: dict[str, Any] = {
    "kind": "Application", "metadata": {"name": "root", "namespace": "argocd"}, "spec": {"a": 1},
}  # fmt: skip


def live(spec: dict[str, Any], uid: str = "one") -> dict[str, Any]:
    return {"metadata": {**WANTED["metadata"], "uid": uid}, "spec": spec, "status": {"seen": 1}}


@pytest.mark.parametrize(
    ("before", "done", "uid"),
    [(None, "created", None), ({"a": 1}, "unchanged", "one"), ({"a": 0}, "configured", "one")],
)
def test_what_was_done_is_told_and_only_the_object_that_was_seen_is_changed(
    served: Served, before: dict[str, Any] | None, done: str, uid: str | None
) -> None:
    server, connection = served
    if before is not None:
        server.answers[f"GET {PLACE}"] = (200, live(before))
    server.answers[f"PATCH {PLACE}"] = (200, live({"a": 1}))

    assert ArgoCD(connection).apply(WANTED, force=False) == done
    assert json.loads(server.bodies[-1])["metadata"].get("uid") == uid
    assert server.queries[-1] == {"fieldManager": "agentsmith-bootstrap"}


def test_what_is_not_to_be_touched_is_not(served: Served) -> None:
    server, connection = served
    server.answers[f"GET {PLACE}"] = (200, live({}))

    def check(_present: object) -> None:
        raise BootstrapError("another's", "leave it")

    with pytest.raises(BootstrapError, match="another's"):
        ArgoCD(connection).apply(WANTED, force=True, check=check)
    assert server.asked == [f"GET {PLACE}"]
