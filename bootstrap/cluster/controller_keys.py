"""The keys that a sealed-secrets controller has, and the restart that makes it read them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.controller import CONTROLLER_LABELS
from bootstrap.cluster.discovery import DEPLOYMENT, POD, SECRET
from bootstrap.constants import FIELD_MANAGER
from bootstrap.errors import BootstrapError
from bootstrap.sealing.key_backup import ACTIVE, KEY_LABEL, StoredKey, build_secret, read_secret

OUR_KEYS = "sealed-secrets-key-agentsmith-"
"""How the names of the key Secrets begin that we make."""


@dataclass(frozen=True, slots=True)
class DeploymentRef:
    """A Deployment by namespace and name."""

    namespace: str
    name: str


class ControllerKeys:
    """The keys of the controllers in the cluster that `connection` leads to, by namespace."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection

    def certificates(self, namespace: str) -> list[str]:
        """Return the PEM certificates of the key pairs that the controller has, no private part."""
        return [pem for pem, _created in self.dated_certificates(namespace)]

    def dated_certificates(self, namespace: str) -> list[tuple[str, datetime | None]]:
        """Return the PEM certificate of each key pair, and when we gave it to the controller.

        Only keys that the controller takes up count: it passes over those of another status. One
        that it made itself it has read, whenever that was: its time is None.
        """
        with self._api.translated("reading the controller's sealing keys"):
            items = self._api.items(SECRET.path_of_all(namespace), f"{KEY_LABEL}={ACTIVE}")
        return [
            (
                base64.b64decode(item["data"]["tls.crt"]).decode("ascii", "replace"),
                datetime.fromisoformat(item["metadata"]["creationTimestamp"])
                if item["metadata"]["name"].startswith(OUR_KEYS)
                else None,
            )
            for item in items
            if (item.get("data") or {}).get("tls.crt")
        ]

    def keys(self, namespace: str) -> list[StoredKey]:
        """Return the controller's key pairs with their private parts, for a backup."""
        with self._api.translated("reading the controller's sealing keys"):
            items = self._api.items(SECRET.path_of_all(namespace), KEY_LABEL)
        keys = []
        for item in items:
            try:
                keys.append(read_secret(item))
            except (KeyError, TypeError, ValueError):
                raise BootstrapError(
                    f"Secret {namespace}/{item['metadata']['name']} is labelled as a sealing key,"
                    " but holds none",
                    "look at it, and take its label off if it is not the controller's",
                ) from None
        return keys

    def add_key(
        self,
        namespace: str,
        name: str,
        *,
        certificate: str,
        private_key: str,
        status: str = ACTIVE,
    ) -> None:
        """Give the controller a key pair (both PEM). One that is there under `name` is an error."""
        with self._api.translated(f"reading Secret {namespace}/{name}"):
            if self._api.get(SECRET.path(name, namespace)):
                raise BootstrapError(
                    f"Secret {namespace}/{name} is there with another certificate",
                    "look at it first; a sealing key is never replaced",
                )
        body = build_secret(StoredKey(name, certificate, private_key, status), namespace)
        with self._api.translated(f"adding sealing key {namespace}/{name}"):
            self._api.apply(SECRET.path(name, namespace), body, force=False)

    def find_deployment(self, namespace: str) -> DeploymentRef | None:
        """Return the controller's Deployment in `namespace`, None if it is run another way."""
        with self._api.translated("looking for the sealed-secrets controller's Deployment"):
            for selector in CONTROLLER_LABELS:
                items = self._api.items(DEPLOYMENT.path_of_all(namespace), selector)
                if items:
                    return DeploymentRef(namespace, items[0]["metadata"]["name"])
        return None

    def started(self, deployment: DeploymentRef) -> datetime | None:
        """Return when the oldest pod of the controller started, None if none runs."""
        with self._api.translated(f"reading the pods of {deployment.namespace}/{deployment.name}"):
            labels = self._read(deployment)["spec"]["selector"].get("matchLabels") or {}
            pods = self._api.items(
                POD.path_of_all(deployment.namespace),
                ",".join(f"{name}={value}" for name, value in labels.items()),
            )
        times = [
            datetime.fromisoformat(pod["status"]["startTime"])
            for pod in pods
            if pod.get("status", {}).get("startTime")
            and not pod["metadata"].get("deletionTimestamp")
        ]
        return min(times, default=None)

    def restart(self, deployment: DeploymentRef, now: datetime) -> None:
        """Roll a Deployment as `kubectl rollout restart` does."""
        annotation = {"kubectl.kubernetes.io/restartedAt": now.isoformat()}
        body = {"spec": {"template": {"metadata": {"annotations": annotation}}}}
        with self._api.translated(
            f"restarting Deployment {deployment.namespace}/{deployment.name}"
        ):
            path = DEPLOYMENT.path(deployment.name, deployment.namespace)
            self._api.merge(path, body, manager=FIELD_MANAGER)

    def is_rolled_out(self, deployment: DeploymentRef) -> bool:
        """Tell whether every replica is of the latest generation and available."""
        with self._api.translated(f"reading Deployment {deployment.namespace}/{deployment.name}"):
            item = self._read(deployment)
        status, wanted = item.get("status") or {}, item["spec"].get("replicas")
        return bool(
            status.get("observedGeneration", 0) >= item["metadata"]["generation"]
            and status.get("updatedReplicas", 0) == wanted
            and status.get("replicas", 0) == wanted
            and status.get("availableReplicas", 0) == wanted
        )

    def _read(self, deployment: DeploymentRef) -> dict[str, Any]:
        return self._api.read(DEPLOYMENT.path(deployment.name, deployment.namespace))
