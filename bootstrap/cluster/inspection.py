"""Questions about a cluster that change nothing: versions, clock, rights, names of keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import DEPLOYMENT, SECRET, STATEFUL_SET
from bootstrap.objects import mapping

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True, slots=True)
class Access:
    """Something that a user may or may not do; an empty namespace is all of them."""

    verb: str
    group: str
    resource: str
    namespace: str = ""

    def __str__(self) -> str:
        """Return it as `kubectl auth can-i` would be asked."""
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        where = f"-n {self.namespace}" if self.namespace else "--all-namespaces"
        return f"{self.verb} {name} {where}"


@dataclass(frozen=True, slots=True)
class Running:
    """A container of a workload: its image, and the version that the workload's label names."""

    workload: str
    image: str
    version: str


class Inspection:
    """Asks the cluster that `connection` leads to."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection

    def read_version(self) -> tuple[str, datetime | None]:
        """Return the version of Kubernetes, and what time the API server has."""
        with self._api.translated("asking for the version of Kubernetes"):
            found, date = self._api.read_dated("/version")
        version = str(found.get("gitVersion"))
        try:
            return version, parsedate_to_datetime(date) if date else None
        except ValueError:
            return version, None

    def may(self, access: Access) -> bool:
        """Tell whether the user of this context may do that."""
        resource, _slash, part = access.resource.partition("/")
        attributes = {
            "verb": access.verb, "group": access.group, "resource": resource, "subresource": part,
            "namespace": access.namespace,
        }  # fmt: skip
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        with self._api.translated(f"asking whether you may {access}"):
            answer = self._api.create(_REVIEWS, body)
        return bool(mapping(answer.get("status")).get("allowed"))

    def read_running(self, namespace: str) -> list[Running]:
        """Return the containers of the Deployments and StatefulSets of a namespace."""
        with self._api.translated(f"reading the workloads of namespace {namespace}"):
            found = [
                item
                for kind in (DEPLOYMENT, STATEFUL_SET)
                for item in self._api.items(kind.path_of_all(namespace))
            ]
        return [running for item in found for running in _running(item)]

    def read_secret_keys(self, namespace: str, name: str) -> list[str] | None:
        """Return the names of the keys of a Secret, never a value; None if there is none."""
        with self._api.translated(f"reading the names of keys of Secret {namespace}/{name}"):
            found = self._api.get(SECRET.path(name, namespace))
        return None if found is None else sorted(found.get("data") or {})


def _running(workload: Mapping[str, Any]) -> Iterator[Running]:
    metadata = workload["metadata"]
    version = (metadata.get("labels") or {}).get("app.kubernetes.io/version", "")
    for container in workload["spec"]["template"]["spec"]["containers"]:
        yield Running(metadata["name"], container.get("image") or "", version)
