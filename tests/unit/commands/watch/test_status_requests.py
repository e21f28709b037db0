"""What is asked over HTTP for status, of an API server that says what each test wants."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bootstrap.cluster import Cluster
from bootstrap.errors import BootstrapError
from tests.unit.commands.fake_cluster import application, push
from tests.unit.work_tree import WorkTree

_APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
_ALL_JOBS = "/apis/batch/v1/jobs"


class ApiServer:
    """Answers of an API server by path, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.stop: Callable[[], None] = lambda: None

    def say(self, path: str, status: int = 200, body: object = None) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        self.answers[path] = (status, raw)

    def say_jobs(self, path: str, **running: int) -> None:
        """Say of each namespace that so many Jobs run, and that one has ended."""
        items = [
            {"metadata": {"namespace": namespace}, "status": {"active": 1} if number else {}}
            for namespace, count in running.items()
            for number in range(count + 1)
        ]
        self.say(path, body={"items": items})


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """An API server that the kubeconfig leads to."""
    fake = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            fake.asked.append(self.path)
            status, body = fake.answers.get(self.path.partition("?")[0], (404, b"{}"))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    file = tmp_path / "kubeconfig"
    url = f"http://127.0.0.1:{http.server_port}"
    file.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "test",
                "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": url}}],
                "users": [{"name": "u", "user": {}}],
            }
        )
    )
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    with contextlib.ExitStack() as ended:
        ended.callback(http.server_close)
        ended.callback(thread.join)
        ended.callback(http.shutdown)
        fake.stop = ended.pop_all().close
        ended.callback(fake.stop)
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
    server.say(_APPLICATIONS, body={"items": items})
    server.say_jobs(_ALL_JOBS, **{"agentsmith-prod": 2})

    done = fleet.run("status", "-o", "json", "--exit-code")

    assert done.code == 0
    found = done.json()["environments"]
    assert len(found) == len(names) == 22
    assert [item["name"] for item in found if item["agentJobs"] != 0] == ["prod"]
    assert [path.partition("?")[0] for path in server.asked] == [_APPLICATIONS, _ALL_JOBS]
    assert server.asked[1].endswith("?labelSelector=app%3Dagentsmith%2Cjob-id")


def test_who_may_not_list_jobs_everywhere_asks_by_namespace_and_leaves_out_what_is_forbidden(
    server: ApiServer,
) -> None:
    server.say(_ALL_JOBS, 403)
    server.say("/apis/batch/v1/namespaces/a/jobs", 403)
    server.say_jobs("/apis/batch/v1/namespaces/b/jobs", b=3)

    assert Cluster.connect(None).running.count_agent_jobs(["a", "b"]) == {"b": 3}
    assert len(server.asked) == 3


def test_one_namespace_is_asked_alone(server: ApiServer) -> None:
    server.say_jobs("/apis/batch/v1/namespaces/b/jobs", b=0)

    assert Cluster.connect(None).running.count_agent_jobs(["b"]) == {"b": 0}
    assert len(server.asked) == 1


def test_an_api_server_that_is_ill_is_an_error(server: ApiServer) -> None:
    server.say(_ALL_JOBS, 500)

    with pytest.raises(BootstrapError, match="listing the agent Jobs: the API server answered 500"):
        Cluster.connect(None).running.count_agent_jobs(["a", "b"])


def test_the_log_is_that_of_the_container_that_ended_else_of_the_one_there_is(
    server: ApiServer,
) -> None:
    path = "/api/v1/namespaces/a/pods/p/log"
    cluster = Cluster.connect(None)

    assert cluster.running.read_last_log("a", "p", "c", 5) == ""
    assert ["previous=true" in asked for asked in server.asked] == [True, False]
    server.say(path, body="one\ntwo \ufffd".encode() + b"\xff")
    assert cluster.running.read_last_log("a", "p", "c", 5) == "one\ntwo \ufffd\ufffd"
    assert server.asked[-1] == f"{path}?container=c&limitBytes=8192&previous=true&tailLines=5"


def test_a_log_that_can_not_be_had_is_no_error(server: ApiServer) -> None:
    cluster = Cluster.connect(None)
    server.stop()

    assert cluster.running.read_last_log("a", "p", "c", 5) == ""
