from __future__ import annotations

import pytest
from kubernetes.client import ApiException

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import NAMESPACE, SEALED_SECRET, SECRET, Discovery, Kind
from tests.unit.cluster.api_server import ApiServer

Served = tuple[ApiServer, Connection]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (NAMESPACE, "/api/v1/namespaces/it"),
        (SECRET, "/api/v1/namespaces/here/secrets/it"),
        (SEALED_SECRET, "/apis/bitnami.com/v1alpha1/namespaces/here/sealedsecrets/it"),
        (Kind("a.b/v1", "Thing", "things", namespaced=False), "/apis/a.b/v1/things/it"),
    ],
)
def test_an_object_has_its_place_by_version_namespace_and_name(kind: Kind, path: str) -> None:
    assert kind.path("it", "here") == path
    assert kind.path_of_all("here") == path.removesuffix("/it")


def test_a_name_stays_one_part_of_a_path() -> None:
    assert SECRET.path("../a:b", "c/d") == "/api/v1/namespaces/c%2Fd/secrets/..%2Fa%3Ab"


def test_what_is_found_is_asked_for_once_and_what_is_not_again(served: Served) -> None:
    server, connection = served
    server.serves("a.b/v1", ("Thing", "things"), ("Part", "things/part"))
    discovery = Discovery(connection)

    for _time in range(2):
        found = discovery.find("a.b/v1", "Thing")
        assert found == Kind("a.b/v1", "Thing", "things", True, frozenset({"list", "delete"}))
    assert server.asked == ["GET /apis/a.b/v1"]

    assert discovery.find("a.b/v1", "Part") is None
    assert discovery.find("a.b/v1", "Late") is None
    server.serves("a.b/v1", ("Late", "lates"), namespaced=False)
    late = discovery.find("a.b/v1", "Late")
    assert late is not None
    assert late.path("it", "here") == "/apis/a.b/v1/lates/it"
    assert discovery.find("a.b/v1", "Thing") is not None


def test_a_version_that_is_not_served_has_no_kinds(served: Served) -> None:
    server, connection = served

    assert Discovery(connection).find("v1", "Secret") is None
    assert server.asked == ["GET /api/v1"]


def test_a_refusal_is_not_taken_for_an_unknown_kind(served: Served) -> None:
    server, connection = served
    server.answers["GET /api/v1"] = (403, {"message": "no"})

    with pytest.raises(ApiException):
        Discovery(connection).find("v1", "Secret")


def test_everything_is_each_version_of_each_group_the_preferred_one_first(served: Served) -> None:
    server, connection = served
    versions = [{"groupVersion": "a.b/v2"}, {"groupVersion": "a.b/v1"}]
    server.answers["GET /apis"] = (200, {"groups": [{"versions": versions}]})
    server.serves("v1", ("Secret", "secrets"))
    server.serves("a.b/v2", ("Thing", "things"))
    server.serves("a.b/v1", ("Thing", "things"), ("Old", "olds"))

    found = [(kind.group, kind.version, kind.name) for kind in Discovery(connection).everything()]

    assert found == [
        ("", "v1", "Secret"),
        ("a.b", "a.b/v2", "Thing"),
        ("a.b", "a.b/v1", "Thing"),
        ("a.b", "a.b/v1", "Old"),
    ]
