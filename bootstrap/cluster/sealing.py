"""The sealed-secrets controller of a cluster: where it is, its certificates, its keys."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bootstrap.cluster.connection import APPLY_PATCH, Connection, bounded
from bootstrap.constants import FIELD_MANAGER
from bootstrap.errors import BootstrapError
from bootstrap.key_backup import ACTIVE, KEY_LABEL, StoredKey, build_secret, read_secret

# The Helm chart labels with the first, the plain manifests with the second; names differ too.
_CONTROLLER_LABELS = ("app.kubernetes.io/name=sealed-secrets", "name=sealed-secrets-controller")
OUR_KEYS = "sealed-secrets-key-agentsmith-"
"""How the names of the key Secrets begin that we make."""
_METRICS_COMPONENT = "metrics"
_VERDICTS = {200: True, 409: False}
_TOO_MANY = 429
_PAUSES = (0, 0.5, 1, 2, 4)
_OK = 200
_REFUSED = 500


@dataclass(frozen=True, slots=True)
class ServiceRef:
    """Where the sealed-secrets controller answers: a Service and the name of its HTTP port."""

    namespace: str
    name: str
    port: str


@dataclass(frozen=True, slots=True)
class ControllerName:
    """What the user says of the controller's Service; None is found by its labels."""

    namespace: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class DeploymentRef:
    """A Deployment by namespace and name."""

    namespace: str
    name: str


class SealingController:
    """The controller that `connection` leads to."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection

    def fetch_certificate(self, asked: ControllerName = ControllerName()) -> str:
        """Return the PEM certificate that the sealed-secrets controller serves as its newest."""
        service = self.find_service(asked)
        name = f"http:{service.name}:{service.port}"
        with self._api.translated(f"asking {service.namespace}/{service.name} for its certificate"):
            response = self._api.core.connect_get_namespaced_service_proxy_with_path(
                name, service.namespace, "v1/cert.pem", _preload_content=False, **bounded()
            )
            text: str = response.data.decode("ascii", "replace")
            return text

    def at(self, asked: ControllerName) -> AskedController:
        """Find the controller and return what asks it."""
        service = self.find_service(asked)
        return AskedController(self, service, f"controller {service.namespace}/{service.name}")

    def verify(self, sealed: Mapping[str, Any], service: ServiceRef) -> bool:
        """Tell whether the controller's keys open every value of a SealedSecret.

        It answers two requests a second; one that comes too early is sent again.
        """
        what = f"{service.namespace}/{service.name}"
        path = (
            f"/api/v1/namespaces/{service.namespace}/services"
            f"/http:{service.name}:{service.port}/proxy/v1/verify"
        )
        status = _TOO_MANY
        for seconds in _PAUSES:
            time.sleep(seconds)
            with self._api.translated(f"asking {what} to verify"):
                status, _answer = self._api.post(path, sealed)
            if status != _TOO_MANY:
                break
        if status in _VERDICTS:
            return _VERDICTS[status]
        raise BootstrapError(
            f"{what} answered {status} when asked to verify",
            "a context whose user may `create services/proxy` there is needed; if it may, wait a"
            " moment and run this again",
        )

    def find_service(self, asked: ControllerName = ControllerName()) -> ServiceRef:
        """Find the Service of the sealed-secrets controller: as `asked`, else by its labels."""
        if asked.namespace and asked.name:
            return self._read_service(asked.namespace, asked.name)
        found = []
        with self._api.translated("looking for the sealed-secrets controller"):
            for selector in _CONTROLLER_LABELS:
                services = self._api.core.list_service_for_all_namespaces(
                    label_selector=selector, **bounded()
                )
                found += [
                    ServiceRef(
                        item.metadata.namespace, item.metadata.name, item.spec.ports[0].name or ""
                    )
                    for item in services.items
                    if item.spec.ports
                    and not _is_metrics(item.metadata)
                    and asked.namespace in {None, item.metadata.namespace}
                    and asked.name in {None, item.metadata.name}
                ]
        choices = sorted(set(found), key=lambda item: (item.namespace, item.name))
        if not choices:
            raise BootstrapError(
                f"no sealed-secrets controller in cluster {self._api.context}",
                "install it: `helm install sealed-secrets sealed-secrets --namespace kube-system"
                " --repo https://bitnami-labs.github.io/sealed-secrets`",
            )
        if len(choices) > 1:
            names = ", ".join(f"{item.namespace}/{item.name}" for item in choices)
            raise BootstrapError(
                f"more than one sealed-secrets controller: {names}",
                "say which with --controller-namespace and --controller-name, or pass --cert",
            )
        return choices[0]

    def _read_service(self, namespace: str, name: str) -> ServiceRef:
        with self._api.translated(f"reading Service {namespace}/{name}"):
            item = self._api.get_or_none(self._api.core.read_namespaced_service, name, namespace)
        if item is None or not item.spec.ports:
            raise BootstrapError(
                f"cluster {self._api.context} has no Service {namespace}/{name}",
                "see `kubectl get services --all-namespaces`, or leave both options out",
            )
        return ServiceRef(namespace, name, item.spec.ports[0].name or "")

    def find_deployment(self, namespace: str) -> DeploymentRef | None:
        """Return the controller's Deployment in `namespace`, None if it is run another way."""
        with self._api.translated("looking for the sealed-secrets controller's Deployment"):
            for selector in _CONTROLLER_LABELS:
                items = self._api.apps.list_namespaced_deployment(
                    namespace, label_selector=selector, **bounded()
                ).items
                if items:
                    return DeploymentRef(namespace, items[0].metadata.name)
        return None

    def certificates(self, namespace: str) -> list[str]:
        """Return the PEM certificates of the key pairs that the controller has, no private part."""
        return [pem for pem, _created in self.dated_certificates(namespace)]

    def dated_certificates(self, namespace: str) -> list[tuple[str, datetime | None]]:
        """Return the PEM certificate of each key pair, and when we gave it to the controller.

        Only keys that the controller takes up count: it passes over those of another status. One
        that it made itself it has read, whenever that was: its time is None.
        """
        with self._api.translated("reading the controller's sealing keys"):
            items = self._api.core.list_namespaced_secret(
                namespace, label_selector=f"{KEY_LABEL}={ACTIVE}", **bounded()
            ).items
        return [
            (
                base64.b64decode(item.data["tls.crt"]).decode("ascii", "replace"),
                item.metadata.creation_timestamp
                if item.metadata.name.startswith(OUR_KEYS)
                else None,
            )
            for item in items
            if (item.data or {}).get("tls.crt")
        ]

    def started(self, deployment: DeploymentRef) -> datetime | None:
        """Return when the oldest pod of the controller started, None if none runs."""
        with self._api.translated(f"reading the pods of {deployment.namespace}/{deployment.name}"):
            item = self._api.apps.read_namespaced_deployment(
                deployment.name, deployment.namespace, **bounded()
            )
            labels = item.spec.selector.match_labels or {}
            pods = self._api.core.list_namespaced_pod(
                deployment.namespace,
                label_selector=",".join(f"{name}={value}" for name, value in labels.items()),
                **bounded(),
            ).items
        times = [
            pod.status.start_time
            for pod in pods
            if pod.status.start_time and not pod.metadata.deletion_timestamp
        ]
        return min(times, default=None)

    def keys(self, namespace: str) -> list[StoredKey]:
        """Return the controller's key pairs with their private parts, for a backup."""
        with self._api.translated("reading the controller's sealing keys"):
            items = self._api.core.list_namespaced_secret(
                namespace, label_selector=KEY_LABEL, **bounded()
            ).items
        keys = []
        for item in items:
            try:
                keys.append(read_secret(self._api.serialize(item)))
            except (KeyError, TypeError, ValueError):
                raise BootstrapError(
                    f"Secret {namespace}/{item.metadata.name} is labelled as a sealing key,"
                    " but holds none",
                    "look at it, and take its label off if it is not the controller's",
                ) from None
        return keys

    def rotate(self, manifest: Mapping[str, Any]) -> bytes:
        """Return the controller's JSON for `manifest`, sealed again for its newest key."""
        service = self.find_service()
        what = f"{service.namespace}/{service.name}"
        path = (
            f"/api/v1/namespaces/{service.namespace}/services"
            f"/http:{service.name}:{service.port}/proxy/v1/rotate"
        )
        with self._api.translated(f"asking {what} to seal again"):
            status, answer = self._api.post(path, manifest)
        if status == _OK:
            return answer
        # its own words are left out: they may quote what it was sent
        if status == _REFUSED:
            raise BootstrapError(
                f"{what} can't seal these values again: it has no key that opens them",
                "use the context of the cluster that they are sealed for, or restore its keys with"
                " `bootstrap keys restore FILE`",
            )
        raise BootstrapError(
            f"{what} answered {status} when asked to seal again",
            "a context whose user may `create services/proxy` there is needed; if it may, wait a"
            " moment and run this again",
        )

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
            if self._api.get_or_none(self._api.core.read_namespaced_secret, name, namespace):
                raise BootstrapError(
                    f"Secret {namespace}/{name} is there with another certificate",
                    "look at it first; a sealing key is never replaced",
                )
        body = build_secret(StoredKey(name, certificate, private_key, status), namespace)
        with self._api.translated(f"adding sealing key {namespace}/{name}"):
            self._api.core.patch_namespaced_secret(
                name, namespace, body, field_manager=FIELD_MANAGER,
                _content_type=APPLY_PATCH, **bounded(),
            )  # fmt: skip

    def restart(self, deployment: DeploymentRef, now: datetime) -> None:
        """Roll a Deployment as `kubectl rollout restart` does."""
        annotation = {"kubectl.kubernetes.io/restartedAt": now.isoformat()}
        body = {"spec": {"template": {"metadata": {"annotations": annotation}}}}
        with self._api.translated(
            f"restarting Deployment {deployment.namespace}/{deployment.name}"
        ):
            self._api.apps.patch_namespaced_deployment(
                deployment.name, deployment.namespace, body,
                field_manager=FIELD_MANAGER, **bounded(),
            )  # fmt: skip

    def is_rolled_out(self, deployment: DeploymentRef) -> bool:
        """Tell whether every replica is of the latest generation and available."""
        with self._api.translated(f"reading Deployment {deployment.namespace}/{deployment.name}"):
            item = self._api.apps.read_namespaced_deployment(
                deployment.name, deployment.namespace, **bounded()
            )
        status, wanted = item.status, item.spec.replicas
        return bool(
            (status.observed_generation or 0) >= item.metadata.generation
            and (status.updated_replicas or 0) == wanted
            and (status.replicas or 0) == wanted
            and (status.available_replicas or 0) == wanted
        )


@dataclass(frozen=True, slots=True)
class AskedController:
    """One controller, by what messages call it."""

    sealing: SealingController
    service: ServiceRef
    name: str

    def verify(self, sealed: Mapping[str, Any]) -> bool:
        """Tell whether its keys open every value of a SealedSecret."""
        return self.sealing.verify(sealed, self.service)


def _is_metrics(metadata: Any) -> bool:
    return (metadata.labels or {}).get("app.kubernetes.io/component") == _METRICS_COMPONENT
