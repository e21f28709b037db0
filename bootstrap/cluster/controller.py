"""The sealed-secrets controller of a cluster: where it is, and what it answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import SERVICE
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
        with self._api.translated(f"asking {service.namespace}/{service.name} for its certificate"):
            return self._api.read_text(_proxied(service, "v1/cert.pem"))

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
        path = _proxied(service, f"v1/{endpoint}")
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
                found += [
                    service
                    for item in self._api.items(SERVICE.path_of_all(None), selector)
                    if not _is_metrics(item)
                    and (service := _reference(item)) is not None
                    and asked.namespace in {None, service.namespace}
                    and asked.name in {None, service.name}
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
            item = self._api.get(SERVICE.path(name, namespace))
        service = None if item is None else _reference(item)
        if service is None:
            raise BootstrapError(
                f"cluster {self._api.context} has no Service {namespace}/{name}",
                "see `kubectl get services --all-namespaces`, or leave both options out",
            )
        return service

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


def _proxied(service: ServiceRef, place: str) -> str:
    """Return the path at which the API server passes on what the Service has at `place`."""
    path = SERVICE.path(f"http:{service.name}:{service.port}", service.namespace)
    return f"{path}/proxy/{place}"


def _reference(item: Mapping[str, Any]) -> ServiceRef | None:
    """Return where a Service answers, None if it has no port."""
    ports = item["spec"].get("ports")
    if not ports:
        return None
    metadata = item["metadata"]
    return ServiceRef(metadata["namespace"], metadata["name"], ports[0].get("name") or "")


def _is_metrics(item: Mapping[str, Any]) -> bool:
    labels = item["metadata"].get("labels") or {}
    return bool(labels.get("app.kubernetes.io/component") == _METRICS_COMPONENT)
