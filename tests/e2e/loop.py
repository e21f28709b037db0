"""What the end-to-end tests of the command line share: live objects, and cleaning up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tests.plane.cluster import ApiError
from tests.plane.target import Target
from tests.plane.waiting import wait_for
from tests.support.workspace import Workspace

_ARGOCD = "argocd"
_APPLICATION = ("argoproj.io/v1alpha1", "Application")
_CASCADE = "resources-finalizer.argocd.argoproj.io"
_CLEANUP = "agentsmith-cleanup"
_PATIENCE = 45
"""Seconds that Argo CD has to let a root go."""
_PROJECT = ("argoproj.io/v1alpha1", "AppProject")
OURS = "app.kubernetes.io/part-of=agentsmith"


@dataclass(frozen=True, slots=True)
class Live:
    """The live objects of environment `name` in `namespace`."""

    plane: Target
    name: str
    namespace: str

    def application(self) -> dict[str, Any]:
        """Return the Application."""
        found = self.plane.cluster.get(*_APPLICATION, f"agentsmith-{self.name}", _ARGOCD)
        assert found is not None, "there is no Application"
        return found

    def deployment(self) -> dict[str, Any]:
        """Return the dispatcher's Deployment."""
        found = self.plane.cluster.get(
            "apps/v1", "Deployment", "agentsmith-dispatcher", self.namespace
        )
        assert found is not None, "there is no Deployment"
        return found

    def image(self) -> str:
        """Return the dispatcher's image."""
        return str(self.deployment()["spec"]["template"]["spec"]["containers"][0]["image"])

    def secret(self) -> dict[str, bytes] | None:
        """Return the data of the Secret that Agent Smith reads."""
        return self.plane.cluster.secret("agentsmith-secrets", self.namespace)

    def rolled_out(self) -> bool:
        """Tell whether every pod of the dispatcher is of the latest template and available."""
        deployment = self.deployment()
        status, replicas = deployment["status"], deployment["spec"]["replicas"]
        return bool(
            status.get("observedGeneration") == deployment["metadata"]["generation"]
            and status.get("updatedReplicas") == status.get("availableReplicas") == replicas
            and status.get("replicas") == replicas
        )

    def at(self, commit: str) -> bool:
        """Tell whether exactly `commit` is synced, by an operation that succeeded, and healthy."""
        status = self.application()["status"]
        operation = status.get("operationState", {})
        return bool(
            status["sync"]["status"] == "Synced"
            and status["sync"]["revision"] == commit
            and status["health"]["status"] == "Healthy"
            and operation.get("phase") == "Succeeded"
            and operation.get("syncResult", {}).get("revision") == commit
            and self.rolled_out()
        )

    def wait_until_at(self, commit: str, timeout: float = 120) -> float:
        """Wait for `at` and return the seconds that it took."""
        began = time.monotonic()
        wait_for(lambda: self.at(commit), f"{self.name} at {commit[:7]}", timeout=timeout)
        return time.monotonic() - began


def announce(plane: Target, workspace: Workspace, before: str, after: str) -> None:
    """Tell Argo CD of a push by webhook, as GitHub would."""
    changed = workspace.git("diff", "--name-only", before, after).splitlines()
    plane.webhook_push(workspace.remote_url, "refs/heads/main", before, after, changed)


def remove_everything(plane: Target) -> None:
    """Delete what `bootstrap up` made, root first, and wait until it is gone."""
    cluster = plane.cluster
    _delete_roots(plane)
    namespaces: set[str] = set()
    patience = time.monotonic() + _PATIENCE

    def gone() -> bool:
        applications = cluster.list(*_APPLICATION, _ARGOCD, labelSelector=OURS)
        for application in applications:
            namespaces.add(application["spec"]["destination"]["namespace"])
            name = application["metadata"]["name"]
            if not application["metadata"].get("deletionTimestamp"):
                cluster.delete(*_APPLICATION, name, _ARGOCD)
            _unblock(plane, name, even_root=time.monotonic() > patience)
        return not applications

    wait_for(gone, "the Applications to be gone", timeout=120, interval=0.5)
    for item in cluster.list(*_PROJECT, _ARGOCD, labelSelector=OURS):
        cluster.delete(*_PROJECT, item["metadata"]["name"], _ARGOCD)
    for namespace in namespaces - {_ARGOCD}:
        cluster.delete("v1", "Namespace", namespace)
    for namespace in namespaces - {_ARGOCD}:
        wait_for(
            lambda name=namespace: cluster.get("v1", "Namespace", name) is None,
            f"namespace {namespace} to be gone",
        )


def _delete_roots(plane: Target) -> None:
    """Delete every root, so that no sync of one brings an Application back once it is gone.

    Argo CD ends a sync that is under way before it serves a finalizer, which a root has none of.
    """
    for item in plane.cluster.list(*_APPLICATION, _ARGOCD, labelSelector=OURS):
        if _is_root(item):
            name = item["metadata"]["name"]
            if not item["metadata"].get("deletionTimestamp"):
                _change(plane, name, {"metadata": {"finalizers": [_CASCADE]}})
            plane.cluster.delete(*_APPLICATION, name, _ARGOCD)


def _is_root(application: dict[str, Any]) -> bool:
    return bool(application["spec"]["source"].get("path") == "argocd/applications")


def _unblock(plane: Target, application: str, *, even_root: bool) -> None:
    """Take away what a deletion would wait for without end.

    A sync that is retried is ended, as `argocd app terminate-op` does. Where no sync got as far as
    the service account of the chart's pre-delete hook, that hook never starts. A root waits for
    Argo CD alone, which serves no finalizer where its project is gone: `even_root` gives that up.
    """
    found = plane.cluster.get(*_APPLICATION, application, _ARGOCD)
    if found is None:
        return
    if found.get("status", {}).get("operationState", {}).get("phase") == "Running":
        _change(plane, application, {"status": {"operationState": {"phase": "Terminating"}}})
    elif (even_root or not _is_root(found)) and not plane.cluster.get(
        "v1", "ServiceAccount", _CLEANUP, found["spec"]["destination"]["namespace"]
    ):
        _change(plane, application, {"metadata": {"finalizers": None}})


def _change(plane: Target, application: str, change: dict[str, Any]) -> None:
    """Merge `change` into an Application, which may be gone by now."""
    try:
        plane.cluster.patch(plane.cluster.path(*_APPLICATION, _ARGOCD, application), change)
    except ApiError as error:
        if error.status != 404:
            raise
