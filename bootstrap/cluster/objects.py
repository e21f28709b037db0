"""Objects of any kind, as Argo CD applies them: for good, or as a dry run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bootstrap.cluster.connection import APPLY_PATCH, Connection
from bootstrap.errors import BootstrapError

# Argo CD's own name for what it applies: so it owns from the start what it adopts, and a later
# version can take away what this one brought.
_MANAGER = "argocd-controller"

_QUERY = f"?dryRun=All&fieldManager={_MANAGER}&force=true"
_NOT_FOUND = 404


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


class DryRun:
    """Reads objects of any kind through `connection`, and applies them for show."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection
        self._resources: dict[str, dict[str, tuple[str, bool]]] = {}

    def has_namespace(self, name: str) -> bool:
        """Tell whether there is a namespace `name`."""
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        return self.read(namespace, name) is not None

    def read(self, item: Mapping[str, Any], namespace: str) -> dict[str, Any] | None:
        """Return the live object that is called like `item`, None if there is none."""
        path = self._path(item, namespace)
        return None if path is None else self._ask("GET", path, f"reading {_name(item)}")

    def apply(self, item: Mapping[str, Any], namespace: str) -> dict[str, Any]:
        """Return what `item` would be after Argo CD applied it, with the server's defaults."""
        path = self._path(item, namespace)
        step = f"a dry run of {_name(item)}"
        if path is None:
            raise BootstrapError(
                f"{step}: the cluster has no kind {item['kind']} of {item['apiVersion']}",
                "install what brings it, or leave the object out in values.yaml",
            )
        answer = self._ask("PATCH", path + _QUERY, step, item)
        if answer is None:
            raise AssertionError  # only what is read may be absent
        return answer

    def _ask(
        self, method: str, path: str, step: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        with self._api.translated(step):
            kind = APPLY_PATCH if body is not None else "application/json"
            status, answer = self._api.request(method, path, body, kind)
        if status == _NOT_FOUND and body is None:
            return None
        try:
            parsed = json.loads(answer)
        except ValueError:
            parsed = {}
        if status >= 300:
            # of a Secret, the reason may quote a value
            secret = body is not None and body["kind"] == "Secret"
            reason = "" if secret else f": {' '.join(str(parsed.get('message', '')).split())[:600]}"
            raise BootstrapError(
                f"{step}: the API server refuses it with {status}{reason}",
                "mend the values that the object is made from; or use a context that may do that",
            )
        return dict(parsed)

    def _path(self, item: Mapping[str, Any], namespace: str) -> str | None:
        version = item["apiVersion"]
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self._resources:
            found = self._ask("GET", base, f"asking for the kinds of {version}")
            self._resources[version] = {
                entry["kind"]: (entry["name"], entry["namespaced"])
                for entry in (found or {}).get("resources", [])
                if "/" not in entry["name"]
            }
        resource = self._resources[version].get(item["kind"])
        if resource is None:
            return None
        plural, namespaced = resource
        metadata = item["metadata"]
        where = f"/namespaces/{quote(metadata.get('namespace') or namespace)}" if namespaced else ""
        return f"{base}{where}/{plural}/{quote(metadata['name'])}"


def _name(item: Mapping[str, Any]) -> str:
    return f"{item['kind']} {item['metadata']['name']}"
