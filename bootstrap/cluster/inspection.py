"""Questions about a cluster that change nothing: versions, clock, rights, names of keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from bootstrap.cluster.connection import Connection, bounded


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
        from kubernetes import client

        with self._api.translated("asking for the version of Kubernetes"):
            found, _status, headers = client.VersionApi(
                self._api.core.api_client
            ).get_code_with_http_info(**bounded())
        date = {name.lower(): value for name, value in dict(headers or {}).items()}.get("date")
        try:
            return str(found.git_version), parsedate_to_datetime(date) if date else None
        except ValueError:
            return str(found.git_version), None

    def may(self, access: Access) -> bool:
        """Tell whether the user of this context may do that."""
        from kubernetes import client

        resource, _slash, part = access.resource.partition("/")
        attributes = client.V1ResourceAttributes(
            verb=access.verb, group=access.group, resource=resource, subresource=part or None,
            namespace=access.namespace or None,
        )  # fmt: skip
        body = client.V1SelfSubjectAccessReview(
            spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
        )
        with self._api.translated(f"asking whether you may {access}"):
            answer = client.AuthorizationV1Api(
                self._api.core.api_client
            ).create_self_subject_access_review(body, **bounded())
        return bool(answer.status.allowed)

    def read_running(self, namespace: str) -> list[Running]:
        """Return the containers of the Deployments and StatefulSets of a namespace."""
        with self._api.translated(f"reading the workloads of namespace {namespace}"):
            found = [
                *self._api.apps.list_namespaced_deployment(namespace, **bounded()).items,
                *self._api.apps.list_namespaced_stateful_set(namespace, **bounded()).items,
            ]
        return [running for item in found for running in _running(item)]

    def read_secret_keys(self, namespace: str, name: str) -> list[str] | None:
        """Return the names of the keys of a Secret, never a value; None if there is none."""
        with self._api.translated(f"reading the names of keys of Secret {namespace}/{name}"):
            found = self._api.get_or_none(self._api.core.read_namespaced_secret, name, namespace)
        return None if found is None else sorted(found.data or {})


def _running(workload: Any) -> Iterator[Running]:
    version = (workload.metadata.labels or {}).get("app.kubernetes.io/version", "")
    for container in workload.spec.template.spec.containers:
        yield Running(workload.metadata.name, container.image or "", version)
