from __future__ import annotations

import json

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import Discovery
from bootstrap.cluster.namespaces import Namespaces
from tests.unit.cluster.api_server import ApiServer

Served = tuple[ApiServer, Connection]


def test_a_namespace_is_made_with_its_labels_under_our_name(served: Served) -> None:
    server, connection = served
    server.answers["PATCH /api/v1/namespaces/it"] = (201, {"kind": "Namespace"})

    Namespaces(connection, Discovery(connection)).make("it", {"a": "b"}, force=False)

    assert json.loads(server.bodies[-1])["metadata"] == {"name": "it", "labels": {"a": "b"}}
    assert server.queries[-1] == {"fieldManager": "agentsmith-bootstrap"}


def test_every_object_is_told_once_and_records_are_not_told(served: Served) -> None:
    server, connection = served
    versions = [{"groupVersion": "a.b/v2"}, {"groupVersion": "a.b/v1"}]
    server.answers["GET /apis"] = (200, {"groups": [{"versions": versions}]})
    server.serves("v1", ("Event", "events"))
    server.serves("a.b/v2", ("Thing", "things"))
    server.serves("a.b/v1", ("Thing", "things"), ("Old", "olds"))
    for place, uid in (("v2/namespaces/it/things", "1"), ("v1/namespaces/it/olds", "2")):
        listed = {"items": [{"metadata": {"name": "x", "uid": uid}}]}
        server.answers[f"GET /apis/a.b/{place}"] = (200, listed)

    found = Namespaces(connection, Discovery(connection)).objects("it")

    assert [(item["kind"], item["metadata"]["uid"]) for item in found] == [
        ("Thing", "1"), ("Old", "2"),
    ]  # fmt: skip
    assert "GET /apis/a.b/v1/namespaces/it/things" not in server.asked
    assert not any(asked.endswith("events") for asked in server.asked)
