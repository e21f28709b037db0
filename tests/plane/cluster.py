"""A thin client for any cluster: manifests in, mappings out, found by kind through discovery."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from kubernetes import config

from tests.plane.errors import PlaneError

Manifest = dict[str, Any]
_FIRST = ("Namespace", "CustomResourceDefinition", "ServiceAccount")


class ApiError(PlaneError):
    """The API server refused a request; `status` is the HTTP status code."""

    def __init__(self, status: int, method: str, path: str, body: str) -> None:
        """Keep the status and the first part of the server's answer."""
        super().__init__(f"{method} {path}: {status} {body[:600]}")
        self.status = status


class Cluster:
    """A cluster reached through a kubeconfig file."""

    def __init__(self, kubeconfig: Path) -> None:
        """Read the current context of `kubeconfig`; no request is made yet."""
        self.kubeconfig = kubeconfig
        api = config.new_client_from_config(str(kubeconfig))
        self._base: str = api.configuration.host
        self._pool = api.rest_client.pool_manager
        self._headers = {
            setting["key"]: setting["value"]
            for setting in api.configuration.auth_settings().values()
            if setting["in"] == "header"
        }
        self._resources: dict[tuple[str, str], tuple[str, bool]] = {}

    def request(
        self, method: str, path: str, body: object = None, content_type: str = "application/json"
    ) -> bytes:
        """Return the body of the answer; a mapping as `body` is sent as JSON. Raises ApiError."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        headers = {**self._headers, "Accept": "application/json, */*"}
        if data is not None:
            headers["Content-Type"] = content_type
        answer = self._pool.request(
            method, self._base + path, body=data, headers=headers, timeout=30, retries=False
        )
        if answer.status >= 400:
            raise ApiError(answer.status, method, path, answer.data.decode(errors="replace"))
        return bytes(answer.data)

    def path(
        self, api_version: str, kind: str, namespace: str | None = None, name: str | None = None
    ) -> str:
        """Return the path of a collection or, with `name`, of an object. Raises PlaneError."""
        root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        if (api_version, kind) not in self._resources:
            for resource in json.loads(self.request("GET", root))["resources"]:
                if "/" not in resource["name"]:
                    found = (resource["name"], bool(resource["namespaced"]))
                    self._resources[api_version, resource["kind"]] = found
        if (api_version, kind) not in self._resources:
            raise PlaneError(f"the cluster has no {kind} of {api_version}")
        plural, namespaced = self._resources[api_version, kind]
        scope = f"/namespaces/{namespace}" if namespaced and namespace else ""
        return f"{root}{scope}/{plural}" + (f"/{quote(name)}" if name else "")

    def get(
        self, api_version: str, kind: str, name: str, namespace: str | None = None
    ) -> Manifest | None:
        """Return the object, or None if there is no such object."""
        try:
            found = self.request("GET", self.path(api_version, kind, namespace, name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return dict(json.loads(found))

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, **query: str
    ) -> list[Manifest]:
        """Return the objects; `query` is for example labelSelector="a=b"."""
        path = self.path(api_version, kind, namespace) + (f"?{urlencode(query)}" if query else "")
        return list(json.loads(self.request("GET", path))["items"])

    def apply(self, manifest: Manifest, namespace: str = "default") -> Manifest:
        """Apply on the server's side, taking over fields of others; return the live object."""
        metadata = manifest["metadata"]
        path = self.path(
            manifest["apiVersion"],
            manifest["kind"],
            metadata.get("namespace", namespace),
            metadata["name"],
        )
        answer = self.request(
            "PATCH",
            f"{path}?fieldManager=plane&force=true",
            json.dumps(manifest).encode(),
            "application/apply-patch+yaml",
        )
        return dict(json.loads(answer))

    def apply_all(self, manifests: Iterable[Manifest], namespace: str = "default") -> None:
        """Apply many at once: namespaces, CRDs and accounts first."""
        todo = list(manifests)
        for first in (True, False):
            chosen = [m for m in todo if (m["kind"] in _FIRST) is first]
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda m: self.apply(m, namespace), chosen))

    def patch(self, path: str, change: Manifest) -> Manifest:
        """Merge `change` into the object at `path`; return the live object."""
        answer = self.request("PATCH", path, change, "application/merge-patch+json")
        return dict(json.loads(answer))

    def delete(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> None:
        """Delete an object in the background; nothing happens if there is none."""
        try:
            path = self.path(api_version, kind, namespace, name)
            self.request("DELETE", f"{path}?propagationPolicy=Background")
        except ApiError as error:
            if error.status != 404:
                raise

    def secret(self, name: str, namespace: str) -> dict[str, bytes] | None:
        """Return the decoded data of a Secret, or None if there is no such Secret."""
        found = self.get("v1", "Secret", name, namespace)
        if found is None:
            return None
        return {k: base64.b64decode(v) for k, v in found.get("data", {}).items()}


def service_proxy(namespace: str, name: str, port: int | str, path: str) -> str:
    """Return the API server's path that reaches `path` behind a Service."""
    return f"/api/v1/namespaces/{namespace}/services/http:{name}:{port}/proxy/{path.lstrip('/')}"
