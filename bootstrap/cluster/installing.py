"""Objects of any kind, applied for good as Argo CD will, before there is an Argo CD."""

from __future__ import annotations

from typing import Any

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import DEPLOYMENT, STATEFUL_SET, Discovery, Kind
from bootstrap.constants import ARGOCD_FIELD_MANAGER


class Installing:
    """Objects of any kind, applied to the cluster that `connection` leads to."""

    def __init__(self, connection: Connection, discovery: Discovery) -> None:
        """Ask nothing yet."""
        self._api, self._discovery = connection, discovery

    def apply(self, text: str, head: dict[str, Any], namespace: str, *, force: bool) -> None:
        """Apply the manifest `text` server-side; `head` is its kind, version and metadata.

        `namespace` is for objects that name none.
        """
        metadata = head["metadata"]
        step = f"applying {head['kind']} {metadata['name']}"
        with self._api.translated(step, may_force=not force):
            kind = self._discovery.find(head["apiVersion"], head["kind"]) or _guess(head)
            path = kind.path(metadata["name"], metadata.get("namespace") or namespace)
            self._api.apply(path, text, force=force, manager=ARGOCD_FIELD_MANAGER)

    def is_established(self, definition: str) -> bool:
        """Tell whether the API server serves a CustomResourceDefinition."""
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition}"
        with self._api.translated(f"reading definition {definition}"):
            found = self._api.get(path) or {}
        return any(
            item.get("type") == "Established" and item.get("status") == "True"
            for item in found.get("status", {}).get("conditions") or []
        )

    def unavailable(self, namespace: str) -> list[str]:
        """Return the Deployments and StatefulSets that are not as wanted yet, as "Kind name"."""
        with self._api.translated(f"reading the workloads of namespace {namespace}"):
            found = []
            for kind in (DEPLOYMENT, STATEFUL_SET):
                found += [
                    f"{kind.name} {item['metadata']['name']}"
                    for item in self._api.items(kind.path_of_all(namespace), missing_ok=True)
                    if not _is_available(item)
                ]
        return sorted(found)


def _guess(head: dict[str, Any]) -> Kind:
    """Return a kind that the server does not list, as a definition established just now may be.

    Nearly every plural is made so; where one is not, the server says that there is no such path.
    """
    return Kind(head["apiVersion"], head["kind"], f"{head['kind'].lower()}s", namespaced=True)


def _is_available(item: dict[str, Any]) -> bool:
    wanted = item["spec"].get("replicas", 1)
    status = item.get("status", {})
    ready = status.get("availableReplicas", 0)
    seen = status.get("observedGeneration") == item["metadata"]["generation"]
    return bool(seen and ready >= wanted)
