"""The cluster edge: the only importer of the Kubernetes client, whose errors it translates.

Importing `kubernetes` costs about half a second, so it happens on the first connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bootstrap.cluster.argocd import ArgoCD
from bootstrap.cluster.connection import Connection, bounded
from bootstrap.cluster.sealing import SealingController


class Cluster:
    """What we know how to ask one cluster."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._api = connection
        self.argocd = ArgoCD(connection)
        self.sealing = SealingController(connection)

    @classmethod
    def connect(cls, context: str | None) -> Cluster:
        """Connect by the kubeconfig (KUBECONFIG or the default place), in `context` or its own."""
        return cls(Connection.open(context))

    @property
    def context(self) -> str:
        """The name of the context."""
        return self._api.context

    def missing_apis(self, groups: Mapping[str, str]) -> list[str]:
        """Return those of `groups` (API group to what serves it) that the cluster does not have."""
        with self._api.translated("listing the API groups"):
            present = {item.name for item in self._api.apis.get_api_versions(**bounded()).groups}
        return [group for group in groups if group not in present]

    def read_workloads(self, namespace: str) -> list[dict[str, Any]]:
        """Return the SealedSecrets, Deployments, ReplicaSets and Pods of a namespace, raw."""
        with self._api.translated(f"reading the workloads of namespace {namespace}"):
            sealed = self._api.get_or_none(
                self._api.custom.list_namespaced_custom_object,
                "bitnami.com", "v1alpha1", namespace, "sealedsecrets",
            )  # fmt: skip
            lists = {
                "Deployment": self._api.apps.list_namespaced_deployment(namespace, **bounded()),
                "ReplicaSet": self._api.apps.list_namespaced_replica_set(namespace, **bounded()),
                "Pod": self._api.core.list_namespaced_pod(namespace, **bounded()),
            }
        found = [dict(item, kind="SealedSecret") for item in (sealed or {}).get("items", [])]
        for kind, listed in lists.items():
            found += [dict(self._api.serialize(item), kind=kind) for item in listed.items]
        return found
