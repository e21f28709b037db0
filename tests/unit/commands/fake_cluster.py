"""A cluster at hand, and a fleet that is pushed: what tests of questions to Argo CD share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from bootstrap.errors import BootstrapError
from tests.unit.work_tree import WorkTree


class FakeCluster:
    """The cluster at the edge: says what it is told to, and counts what it is asked."""

    def __init__(self) -> None:
        self.argocd = self.running = self
        self.applications: dict[str, dict[str, Any]] = {}
        self.workloads: list[dict[str, Any]] = []
        self.log = ""
        self.asked: Counter[str] = Counter()
        self.fails = False

    def has_kind(self, _version: str, _kind: str) -> bool:
        return True

    def read_application(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_project(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_applications(self) -> dict[str, dict[str, Any]]:
        self.asked["applications"] += 1
        if self.fails:
            raise BootstrapError("the cluster does not answer", "check it")
        return self.applications

    def read_workloads(self, namespace: str) -> list[dict[str, Any]]:
        self.asked[f"workloads of {namespace}"] += 1
        return self.workloads

    def count_agent_jobs(self, namespaces: Collection[str]) -> dict[str, int]:
        self.asked["jobs"] += 1
        return {name: 1 for name in namespaces if name != "agentsmith-forbidden"}

    def read_last_log(self, namespace: str, pod: str, container: str, lines: int) -> str:
        self.asked[f"log of {namespace}/{pod}/{container}, {lines} lines"] += 1
        return self.log


def application(commit: str, *, sync: str = "Synced", health: str = "Healthy") -> dict[str, Any]:
    at = (datetime.now(UTC) - timedelta(minutes=5, seconds=1)).isoformat()
    return {
        "spec": {"project": "agentsmith", "syncPolicy": {"automated": {"prune": True}}},
        "status": {
            "sync": {"status": sync, "revision": commit},
            "health": {"status": health},
            "history": [{"revision": commit, "deployedAt": at}],
            "operationState": {"phase": "Succeeded", "syncResult": {"revision": commit}},
            "summary": {"images": ["redis:7"]},
        },
    }


def push(tree: WorkTree, message: str, branch: str = "main") -> str:
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--allow-empty", "--message", message)
    tree.git("push", "--quiet", "origin", branch)
    return tree.git("rev-parse", "HEAD").strip()


def apply(cluster: FakeCluster, **applications: dict[str, Any]) -> None:
    cluster.applications = {f"agentsmith-{name}": item for name, item in applications.items()}
