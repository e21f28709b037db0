"""What is asked over HTTP for status, of an API server that says what each test wants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bootstrap.cluster import Cluster
from bootstrap.errors import BootstrapError
from tests.unit.cluster.api_server import ApiServer, api_server
from tests.unit.commands.fake_cluster import application, push
from tests.unit.work_tree import WorkTree

_APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
_ALL_JOBS = "/apis/batch/v1/jobs"


def say_jobs(server: ApiServer, path: str, **running: int) -> None:
    """Say of each namespace that so many Jobs run, and that one has ended."""
    items = [
        {"metadata": {"namespace": namespace}, "status": {"active": 1} if number else {}}
        for namespace, count in running.items()
        for number in range(count + 1)
    ]
    server.answers[f"GET {path}"] = (200, {"items": items})


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """An API server that the kubeconfig leads to."""
    with api_server() as (fake, _connection):
        file = tmp_path / "kubeconfig"
        file.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "test",
                    "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
                    "clusters": [{"name": "c", "cluster": {"server": fake.url}}],
                    "users": [{"name": "u", "user": {}}],
                }
            )
        )
        place = "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION"
        monkeypatch.setattr(place, str(file))
        yield fake


def test_two_requests_show_a_fleet_and_one_of_them_lists_the_applications(
    fleet: WorkTree, server: ApiServer, certificate_file: Path
) -> None:
    for number in range(20):
        assert fleet.run("init", f"more-{number}", "--cert", str(certificate_file)).code == 0
    commit = push(fleet, "Add more")
    names = [file.stem for file in (fleet.root / "argocd/applications").glob("*.yaml")]
    items: list[dict[str, Any]] = [
        application(commit) | {"metadata": {"name": f"agentsmith-{name}"}}
        for name in [*names, "root"]
    ]
    server.answers[f"GET {_APPLICATIONS}"] = (200, {"items": items})
    say_jobs(server, _ALL_JOBS, **{"agentsmith-prod": 2})

    done = fleet.run("status", "-o", "json", "--exit-code")

    assert done.code == 0
    found = done.json()["environments"]
    assert len(found) == len(names) == 22
    assert [item["name"] for item in found if item["agentJobs"] != 0] == ["prod"]
    assert [path.partition("?")[0] for path in server.paths] == [_APPLICATIONS, _ALL_JOBS]
    assert server.paths[1].endswith("?labelSelector=app%3Dagentsmith%2Cjob-id")


def test_who_may_not_list_jobs_everywhere_asks_by_namespace_and_leaves_out_what_is_forbidden(
    server: ApiServer,
) -> None:
    server.answers[f"GET {_ALL_JOBS}"] = (403, {})
    server.answers["GET /apis/batch/v1/namespaces/a/jobs"] = (403, {})
    say_jobs(server, "/apis/batch/v1/namespaces/b/jobs", b=3)

    assert Cluster.connect(None).running.count_agent_jobs(["a", "b"]) == {"b": 3}
    assert len(server.paths) == 3


def test_one_namespace_is_asked_alone(server: ApiServer) -> None:
    say_jobs(server, "/apis/batch/v1/namespaces/b/jobs", b=0)

    assert Cluster.connect(None).running.count_agent_jobs(["b"]) == {"b": 0}
    assert len(server.paths) == 1


def test_an_api_server_that_is_ill_is_an_error(server: ApiServer) -> None:
    server.answers[f"GET {_ALL_JOBS}"] = (500, {})

    with pytest.raises(BootstrapError, match="listing the agent Jobs: the API server answered 500"):
        Cluster.connect(None).running.count_agent_jobs(["a", "b"])


def test_the_log_is_that_of_the_container_that_ended_else_of_the_one_there_is(
    server: ApiServer,
) -> None:
    path = "/api/v1/namespaces/a/pods/p/log"
    cluster = Cluster.connect(None)

    assert cluster.running.read_last_log("a", "p", "c", 5) == ""
    assert ["previous=true" in asked for asked in server.paths] == [True, False]
    server.answers[f"GET {path}"] = (200, "one\ntwo \ufffd".encode() + b"\xff")
    assert cluster.running.read_last_log("a", "p", "c", 5) == "one\ntwo \ufffd\ufffd"
    assert server.paths[-1] == f"{path}?container=c&limitBytes=8192&previous=true&tailLines=5"


def test_a_log_that_can_not_be_had_is_no_error(server: ApiServer) -> None:
    cluster = Cluster.connect(None)
    server.stop()

    assert cluster.running.read_last_log("a", "p", "c", 5) == ""
