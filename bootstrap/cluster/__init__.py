"""The cluster edge: the only importer of the Kubernetes client, whose errors it translates.

Importing `kubernetes` takes a quarter of a second, so it happens on the first connection.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from bootstrap.cluster.argocd import ArgoCD
from bootstrap.cluster.at_once import at_once
from bootstrap.cluster.connection import Connection
from bootstrap.cluster.controller import ANY_CONTROLLER, ControllerName, SealingController
from bootstrap.cluster.controller_keys import ControllerKeys
from bootstrap.cluster.discovery import (
    DEPLOYMENT,
    POD,
    REPLICA_SET,
    SEALED_SECRET,
    Discovery,
)
from bootstrap.cluster.dry_run import DryRun
from bootstrap.cluster.inspection import Inspection
from bootstrap.cluster.installing import Installing
from bootstrap.cluster.namespaces import Namespaces
from bootstrap.cluster.sealed import Sealed
from bootstrap.cluster.secrets import ArgoCDSecrets
from bootstrap.cluster.workloads import Running

_WORKLOADS = (SEALED_SECRET, DEPLOYMENT, REPLICA_SET, POD)


class Cluster:
    """What we know how to ask one cluster."""

    def __init__(self, connection: Connection, controller: ControllerName = ANY_CONTROLLER) -> None:
        """Ask through `connection`; `controller` is what the user says of sealed-secrets."""
        self._api = connection
        self._discovery = Discovery(connection)
        self.argocd = ArgoCD(connection)
        self.installing = Installing(connection, self._discovery)
        self.namespaces = Namespaces(connection, self._discovery)
        self.running = Running(connection)
        self.sealing = SealingController(connection, controller)
        self.sealed = Sealed(connection)
        self.sealing_keys = ControllerKeys(connection)
        self.secrets = ArgoCDSecrets(connection)
        self.inspection = Inspection(connection)
        self.dry_run = DryRun(connection, self._discovery)

    @classmethod
    def connect(cls, context: str | None, controller: ControllerName = ANY_CONTROLLER) -> Cluster:
        """Connect by the kubeconfig (KUBECONFIG or the default place), in `context` or its own."""
        return cls(Connection.open(context), controller)

    @property
    def context(self) -> str:
        """The name of the context."""
        return self._api.context

    def has_kind(self, version: str, kind: str) -> bool:
        """Tell whether the cluster knows `kind` of "group/version"."""
        with self._api.translated(f"looking for {kind} of {version}"):
            return self._discovery.find(version, kind) is not None

    def read_workloads(self, namespace: str) -> list[dict[str, Any]]:
        """Return the SealedSecrets, Deployments, ReplicaSets and Pods of a namespace, raw."""
        with self._api.translated(f"reading the workloads of namespace {namespace}"):
            lists = at_once(
                [
                    partial(
                        self._api.items,
                        kind.path_of_all(namespace),
                        missing_ok=kind is SEALED_SECRET,
                    )
                    for kind in _WORKLOADS
                ]
            )
        return [
            dict(item, kind=kind.name)
            for kind, items in zip(_WORKLOADS, lists, strict=True)
            for item in items
        ]
