"""The sealed-secrets controller of a cluster: where it is, and what it answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.cluster.connection import Connection, bounded
from bootstrap.errors import BootstrapError
from bootstrap.upstream import INSTALL_SEALED_SECRETS

# The Helm chart labels with the first, the plain manifests with the second; names differ too.
CONTROLLER_LABELS = ("app.kubernetes.io/name=sealed-secrets", "name=sealed-secrets-controller")
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


ANY_CONTROLLER = ControllerName()


class SealingController:
    """The controller that `connection` leads to, in the one place that `asked` says."""

    def __init__(self, connection: Connection, asked: ControllerName = ANY_CONTROLLER) -> None:
        """Ask nothing yet."""
        self._api = connection
        self._asked = asked

    def fetch_certificate(self) -> str:
        """Return the PEM certificate that the sealed-secrets controller serves as its newest."""
        service = self.find_service()
        name = f"http:{service.name}:{service.port}"
        with self._api.translated(f"asking {service.namespace}/{service.name} for its certificate"):
            response = self._api.core.connect_get_namespaced_service_proxy_with_path(
                name, service.namespace, "v1/cert.pem", _preload_content=False, **bounded()
            )
            text: str = response.data.decode("ascii", "replace")
            return text

    def locate(self) -> AskedController:
        """Find the controller and return what asks it."""
        service = self.find_service()
        return AskedController(self, service, f"controller {service.namespace}/{service.name}")

    def verify(self, sealed: Mapping[str, Any], service: ServiceRef) -> bool:
        """Tell whether the controller's keys open every value of a SealedSecret."""
        what = f"{service.namespace}/{service.name}"
        status, _answer = self._ask(service, "verify", f"asking {what} to verify", sealed)
        if status in _VERDICTS:
            return _VERDICTS[status]
        raise BootstrapError(
            f"{what} answered {status} when asked to verify",
            "a context whose user may `create services/proxy` there is needed; if it may, wait a"
            " moment and run this again",
        )

    def _ask(
        self, service: ServiceRef, endpoint: str, doing: str, manifest: Mapping[str, Any]
    ) -> tuple[int, bytes]:
        """Return status and body of what `endpoint` answers.

        It answers two requests a second; one that comes too early is sent again.
        """
        path = (
            f"/api/v1/namespaces/{service.namespace}/services"
            f"/http:{service.name}:{service.port}/proxy/v1/{endpoint}"
        )
        status, answer = _TOO_MANY, b""
        for seconds in _PAUSES:
            time.sleep(seconds)
            with self._api.translated(doing):
                status, answer = self._api.post(path, manifest)
            if status != _TOO_MANY:
                break
        return status, answer

    def find_service(self) -> ServiceRef:
        """Find the Service of the sealed-secrets controller: as asked for, else by its labels."""
        asked = self._asked
        if asked.namespace and asked.name:
            return self._read_service(asked.namespace, asked.name)
        found = []
        with self._api.translated("looking for the sealed-secrets controller"):
            for selector in CONTROLLER_LABELS:
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
            place = f"namespace {asked.namespace} of " if asked.namespace else ""
            named = f" called {asked.name}" if asked.name else ""
            raise BootstrapError(
                f"no sealed-secrets controller{named} in {place}cluster {self._api.context}",
                f"install it: `{INSTALL_SEALED_SECRETS}`",
            )
        if len(choices) > 1:
            names = ", ".join(f"{item.namespace}/{item.name}" for item in choices)
            raise BootstrapError(
                f"more than one sealed-secrets controller: {names}",
                "say which with --controller-namespace and --controller-name",
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

    def rotate(self, manifest: Mapping[str, Any]) -> bytes:
        """Return the controller's JSON for `manifest`, sealed again for its newest key."""
        service = self.find_service()
        what = f"{service.namespace}/{service.name}"
        status, answer = self._ask(service, "rotate", f"asking {what} to seal again", manifest)
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
