"""The Argo CD of a cluster: apply its objects, read them, ask it to look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.argocd.products import ARGO_CD
from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import SECRET, Kind
from bootstrap.constants import ARGOCD_NAMESPACE
from bootstrap.objects import secret_text

_APPLICATION = Kind(ARGO_CD.version, "Application", "applications", namespaced=True)
_PROJECT = Kind(ARGO_CD.version, "AppProject", "appprojects", namespaced=True)
_APPLICATIONS = _APPLICATION.path_of_all(ARGOCD_NAMESPACE)
_KINDS = {kind.name: kind for kind in (_APPLICATION, _PROJECT)}


@dataclass(frozen=True, slots=True)
class KnownCluster:
    """A cluster that Argo CD deploys to; of its Secret nothing else is ever kept."""

    name: str
    server: str


class ArgoCD:
    """The Argo CD that `connection` leads to."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection

    def apply(
        self,
        manifest: Mapping[str, Any],
        *,
        force: bool,
        check: Callable[[Mapping[str, Any]], None] = lambda _present: None,
    ) -> str:
        """Apply an Argo CD object server-side; return "created", "configured" or "unchanged".

        `check` raises if what is there is not to be touched; another object that takes its place
        after that is not, either.
        """
        metadata = manifest["metadata"]
        path = _KINDS[manifest["kind"]].path(metadata["name"], metadata["namespace"])
        what = f"{manifest['kind']} {metadata['name']}"
        with self._api.translated(f"applying {what}", may_force=not force):
            before = self._api.get(path)
            wanted = dict(manifest)
            if before is not None:
                check(before)
                wanted["metadata"] = {**metadata, "uid": before["metadata"]["uid"]}
            after = self._api.apply(path, wanted, force=force)
        if before is None:
            return "created"
        return "unchanged" if _desired(before) == _desired(after) else "configured"

    def read_applications(self) -> dict[str, dict[str, Any]]:
        """Return the Applications of Argo CD's namespace by name, in one call."""
        with self._api.translated("listing the Applications"):
            found = self._api.items(_APPLICATIONS, "app.kubernetes.io/part-of=agentsmith")
        return {item["metadata"]["name"]: item for item in found}

    def read_application(self, name: str) -> dict[str, Any] | None:
        """Return an Application of whatever label, None if there is none."""
        return self._read("Application", name)

    def read_project(self, name: str) -> dict[str, Any] | None:
        """Return an AppProject, None if there is none."""
        return self._read("AppProject", name)

    def _read(self, kind: str, name: str) -> dict[str, Any] | None:
        with self._api.translated(f"reading {kind} {name}"):
            return self._api.get(_KINDS[kind].path(name, ARGOCD_NAMESPACE))

    def read_members(self, project: str) -> list[str]:
        """Return the names of all Applications of a project, of whatever label, sorted."""
        with self._api.translated(f"listing the Applications of project {project}"):
            found = self._api.items(_APPLICATIONS)
        return sorted(
            item["metadata"]["name"]
            for item in found
            if item.get("spec", {}).get("project") == project
        )

    def delete_application(self, application: str) -> None:
        """Delete an Application; its finalizers decide what goes along."""
        with self._api.translated(f"deleting Application {application}"):
            self._api.delete(_APPLICATION.path(application, ARGOCD_NAMESPACE))

    def end_sync(self, application: str) -> None:
        """End the sync that is under way, as `argocd app terminate-op` does."""
        self._merge(application, {"status": {"operationState": {"phase": "Terminating"}}})

    def drop_finalizers(self, application: str) -> None:
        """Let an Application that is being deleted go, without what its finalizers would do."""
        self._merge(application, {"metadata": {"finalizers": None}})

    def read_clusters(self) -> list[KnownCluster]:
        """Return the clusters that Argo CD has a Secret for, by name; never their credentials."""
        with self._api.translated("listing the clusters of Argo CD"):
            found = self._api.items(
                SECRET.path_of_all(ARGOCD_NAMESPACE), "argocd.argoproj.io/secret-type=cluster"
            )
        clusters = [
            KnownCluster(
                secret_text(item.get("data"), "name"), secret_text(item.get("data"), "server")
            )
            for item in found
        ]
        return sorted(clusters, key=lambda cluster: (cluster.name, cluster.server))

    def refresh(self, application: str) -> None:
        """Ask Argo CD to look at the repository now; nothing happens if it has no such object."""
        asked = {"argocd.argoproj.io/refresh": "normal"}
        self._merge(application, {"metadata": {"annotations": asked}})

    def _merge(self, application: str, change: Mapping[str, Any]) -> None:
        with self._api.translated(f"changing Application {application}"):
            self._api.merge(
                _APPLICATION.path(application, ARGOCD_NAMESPACE), change, missing_ok=True
            )


def _desired(item: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what people set on an object: Argo CD writes the status beside it all the time."""
    metadata = item["metadata"]
    return item.get("spec"), metadata.get("labels"), metadata.get("finalizers")
