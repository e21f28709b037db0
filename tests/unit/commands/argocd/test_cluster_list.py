from __future__ import annotations

import base64
import importlib
from types import SimpleNamespace
from typing import Any

import pytest

from bootstrap.cluster.argocd import ArgoCD
from tests.unit.work_tree import WorkTree

# the package has the command of that name in the module's place
_CLI = importlib.import_module("bootstrap.cli.clusters")
HOME = "https://kubernetes.default.svc"


class FakeApi:
    """The connection, with Argo CD's Secrets of clusters at hand."""

    def __init__(self, *secrets: dict[str, str]) -> None:
        self.secrets, self.asked = secrets, ("", "")

    def translated(self, _step: str) -> Any:
        import contextlib

        return contextlib.nullcontext()

    def items(self, path: str, selector: str) -> Any:
        self.asked = (path, selector)
        return [
            {"data": {k: base64.b64encode(v.encode()).decode() for k, v in one.items()}}
            for one in self.secrets
        ]


def _secret(name: str, server: str) -> dict[str, str]:
    return {"name": name, "server": server, "config": '{"bearerToken": "marked-token"}'}


def _answer(monkeypatch: pytest.MonkeyPatch, *secrets: dict[str, str]) -> FakeApi:
    api = FakeApi(*secrets)
    cluster = SimpleNamespace(argocd=ArgoCD(api))  # type: ignore[arg-type]
    monkeypatch.setattr(_CLI, "connect", lambda _context: cluster)
    return api


def test_clusters_are_listed_with_who_runs_in_them_and_never_with_credentials(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prod.run("init", "edge", "--cluster", "edge-1").code == 0
    assert prod.run("init", "far", "--cluster", "https://10.0.0.2:6443").code == 0
    api = _answer(
        monkeypatch,
        _secret("far-away", "https://10.0.0.2:6443"),
        _secret("edge-1", "https://10.0.0.1:6443"),
        _secret("spare", "https://10.0.0.3"),
    )

    done = prod.run("clusters")
    data = prod.run("clusters", "-o", "json")

    assert api.asked == (
        "/api/v1/namespaces/argocd/secrets", "argocd.argoproj.io/secret-type=cluster"
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert [line.split() for line in done.out.splitlines()] == [
        ["NAME", "SERVER", "ENVIRONMENTS"],
        ["in-cluster", HOME, "prod"],
        ["edge-1", "https://10.0.0.1:6443", "edge"],
        ["far-away", "https://10.0.0.2:6443", "far"],
        ["spare", "https://10.0.0.3", "-"],
    ]
    assert data.json()["clusters"][1] == {
        "name": "edge-1",
        "server": "https://10.0.0.1:6443",
        "known": True,
        "environments": ["edge"],
    }
    assert "marked-token" not in done.out + data.out


def test_argocds_own_cluster_has_the_name_that_its_secret_gives(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answer(monkeypatch, _secret("home", HOME))

    assert prod.run("clusters", "-o", "json").json() == {
        "clusters": [{"name": "home", "server": HOME, "known": True, "environments": ["prod"]}]
    }


def test_a_cluster_that_only_an_environment_speaks_of_is_told_apart(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prod.run("init", "edge", "--cluster", "edge-1").code == 0
    _answer(monkeypatch)

    done = prod.run("clusters", "-o", "json")

    assert done.json()["clusters"][1:] == [
        {"name": "edge-1", "server": None, "known": False, "environments": ["edge"]}
    ]
    assert done.lines == [
        "warning: Argo CD does not know cluster edge-1, where edge is to run: add it with"
        " `argocd cluster add`, or choose another with `bootstrap init edge --cluster NAME`"
    ]
