"""Applying whole charts before Argo CD is there to do it."""

from __future__ import annotations

from typing import Any

from bootstrap.cluster.connection import Connection

# Argo CD's own name for what it applies: so it owns from the start what it adopts, and a later
# version can take away what this one brought.
_MANAGER = "argocd-controller"


class Installing:
    """Objects of any kind, applied to the cluster that `connection` leads to."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}

    def apply(self, text: str, head: dict[str, Any], namespace: str, *, force: bool) -> None:
        """Apply the manifest `text` server-side; `head` is its kind, version and metadata.

        `namespace` is for objects that name none.
        """
        metadata = head["metadata"]
        step = f"applying {head['kind']} {metadata['name']}"
        with self._api.translated(step, may_force=not force):
            path = self._path(head, namespace)
            query = f"?fieldManager={_MANAGER}" + ("&force=true" if force else "")
            self._api.apply(path + query, text)

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
            for kind, plural in (("Deployment", "deployments"), ("StatefulSet", "statefulsets")):
                listed = self._api.get(f"/apis/apps/v1/namespaces/{namespace}/{plural}") or {}
                found += [
                    f"{kind} {item['metadata']['name']}"
                    for item in listed.get("items") or []
                    if not _is_available(item)
                ]
        return sorted(found)

    def _path(self, head: dict[str, Any], namespace: str) -> str:
        version, kind = head["apiVersion"], head["kind"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if (version, kind) not in self._kinds:
            for resource in (self._api.get(root) or {}).get("resources", []):
                if "/" not in resource["name"]:
                    found = (resource["name"], bool(resource["namespaced"]))
                    self._kinds[version, resource["kind"]] = found
        plural, namespaced = self._kinds.get((version, kind), (f"{kind.lower()}s", True))
        metadata = head["metadata"]
        scope = f"/namespaces/{metadata.get('namespace') or namespace}" if namespaced else ""
        return f"{root}{scope}/{plural}/{metadata['name']}"


def _is_available(item: dict[str, Any]) -> bool:
    wanted = item["spec"].get("replicas", 1)
    status = item.get("status", {})
    ready = status.get("availableReplicas", 0)
    seen = status.get("observedGeneration") == item["metadata"]["generation"]
    return bool(seen and ready >= wanted)
