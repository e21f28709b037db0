from __future__ import annotations

from typing import Any

import pytest

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import Discovery
from bootstrap.cluster.installing import Installing
from bootstrap.errors import BootstrapError
from tests.unit.cluster.api_server import ApiServer

Served = tuple[ApiServer, Connection]
TEXT = "apiVersion: a.b/v1\nkind: Thing\nmetadata: {name: it}  # as Helm printed it\n"
HEAD: dict[str, Any] = {"apiVersion": "a.b/v1", "kind": "Thing", "metadata": {"name": "it"}}
PLACE = "/apis/a.b/v1/namespaces/argocd/things/it"


def apply(connection: Connection, *, force: bool) -> None:
    installing = Installing(connection, Discovery(connection))
    installing.apply(TEXT, HEAD, "argocd", force=force)


@pytest.mark.parametrize("listed", [True, False])
def test_a_manifest_is_sent_as_it_is_to_where_its_kind_is_or_will_be(
    served: Served, listed: bool
) -> None:
    server, connection = served
    if listed:
        server.serves("a.b/v1", ("Thing", "things"))
    server.answers[f"PATCH {PLACE}"] = (200, HEAD)

    apply(connection, force=True)

    assert server.asked == ["GET /apis/a.b/v1", f"PATCH {PLACE}"]
    assert server.bodies[-1] == TEXT
    assert server.types[-1] == "application/apply-patch+yaml"
    assert server.queries[-1] == {"fieldManager": "argocd-controller", "force": "true"}


def test_without_force_a_conflict_of_managers_names_the_way_out(served: Served) -> None:
    server, connection = served
    causes = [{"reason": "FieldManagerConflict"}]
    conflict = {"message": 'conflict with "helm"', "details": {"causes": causes}}
    server.answers[f"PATCH {PLACE}"] = (409, conflict)

    with pytest.raises(BootstrapError) as raised:
        apply(connection, force=False)

    assert raised.value.message == (
        'applying Thing it: another manager owns the same fields: conflict with "helm"'
    )
    assert "--force-conflicts" in raised.value.hint
    assert server.queries[-1] == {"fieldManager": "argocd-controller"}
