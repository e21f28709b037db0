"""The kinds that an API server serves, and the path of each object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bootstrap.argocd.products import SEALED_SECRETS
from bootstrap.cluster.connection import Connection


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of objects, in one version of its group."""

    version: str
    """As in an object's apiVersion: "v1" or "group/version"."""
    name: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()
    """What the server does with its objects; not said of kinds that are known without asking."""

    @property
    def group(self) -> str:
        """Its group, "" for the core's."""
        return self.version.rpartition("/")[0]

    def path_of_all(self, namespace: str | None) -> str:
        """Return the path of the list of its objects: in a namespace, or in all (None)."""
        within = self.namespaced and namespace is not None
        where = f"/namespaces/{quote(namespace or '', safe='')}" if within else ""
        return f"{_path_of_version(self.version)}{where}/{self.plural}"

    def path(self, name: str, namespace: str = "") -> str:
        """Return the path of its object `name`."""
        return f"{self.path_of_all(namespace)}/{quote(name, safe='')}"


# those that are asked for by name, whatever the server says of itself
CONFIG_MAP = Kind("v1", "ConfigMap", "configmaps", namespaced=True)
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments", namespaced=True)
JOB = Kind("batch/v1", "Job", "jobs", namespaced=True)
NAMESPACE = Kind("v1", "Namespace", "namespaces", namespaced=False)
POD = Kind("v1", "Pod", "pods", namespaced=True)
REPLICA_SET = Kind("apps/v1", "ReplicaSet", "replicasets", namespaced=True)
SECRET = Kind("v1", "Secret", "secrets", namespaced=True)
SERVICE = Kind("v1", "Service", "services", namespaced=True)
SERVICE_ACCOUNT = Kind("v1", "ServiceAccount", "serviceaccounts", namespaced=True)
STATEFUL_SET = Kind("apps/v1", "StatefulSet", "statefulsets", namespaced=True)
SEALED_SECRET = Kind(*SEALED_SECRETS.mark, "sealedsecrets", namespaced=True)


class Discovery:
    """Asks the API server that `connection` leads to; its errors are the client's own.

    Who asks names the step (`Connection.translated`), and says what an unknown kind means.
    """

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection
        self._known: dict[tuple[str, str], Kind] = {}

    def find(self, version: str, kind: str) -> Kind | None:
        """Return `kind` of `version` ("v1", "group/version"), None if it is not served now.

        Only what is found is remembered: a definition may be established from one moment to the
        next.
        """
        if (version, kind) not in self._known:
            self._known.update({(version, item.name): item for item in self._ask(version)})
        return self._known.get((version, kind))

    def everything(self) -> Iterator[Kind]:
        """Yield every kind in every version, asked anew; of each group the preferred one first."""
        versions = ["v1"]
        for group in (self._api.get("/apis") or {}).get("groups", []):
            # a kind may be in one version alone
            versions += [version["groupVersion"] for version in group["versions"]]
        for version in versions:
            yield from self._ask(version)

    def _ask(self, version: str) -> list[Kind]:
        """Return the kinds of `version`, none where it is not served."""
        found = self._api.get(_path_of_version(version)) or {}
        return [
            _kind(version, resource)
            for resource in found.get("resources", [])
            if "/" not in resource["name"]  # a part of objects, such as pods/log
        ]


def _kind(version: str, resource: dict[str, Any]) -> Kind:
    return Kind(
        version,
        resource["kind"],
        resource["name"],
        bool(resource["namespaced"]),
        frozenset(resource.get("verbs") or ()),
    )


def _path_of_version(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
