"""The cluster edge: the only importer of the Kubernetes client, whose errors it translates.

Importing `kubernetes` costs about half a second, so it happens on the first connection.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bootstrap.constants import ARGOCD_NAMESPACE, FIELD_MANAGER
from bootstrap.errors import BootstrapError

_TIMEOUT = (5, 30)
"""Seconds to connect, seconds to read."""
_KEY_LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
# The Helm chart labels with the first, the plain manifests with the second; names differ too.
_CONTROLLER_LABELS = ("app.kubernetes.io/name=sealed-secrets", "name=sealed-secrets-controller")
_METRICS_COMPONENT = "metrics"
_APPLY_PATCH = "application/apply-patch+yaml"
_PLURALS = {"AppProject": "appprojects", "Application": "applications"}


@dataclass(frozen=True, slots=True)
class ServiceRef:
    """Where the sealed-secrets controller answers: a Service and the name of its HTTP port."""

    namespace: str
    name: str
    port: str


@dataclass(frozen=True, slots=True)
class DeploymentRef:
    """A Deployment by namespace and name."""

    namespace: str
    name: str


class Cluster:
    """A connection to one API server, made by `connect`."""

    def __init__(self, api_client: Any, context: str) -> None:
        """Use `connect` instead."""
        from kubernetes import client

        self.context = context
        self._core = client.CoreV1Api(api_client)
        self._apps = client.AppsV1Api(api_client)
        self._custom = client.CustomObjectsApi(api_client)
        self._apis = client.ApisApi(api_client)
        self._serialize = api_client.sanitize_for_serialization

    @classmethod
    def connect(cls, context: str | None) -> Cluster:
        """Connect by the kubeconfig (KUBECONFIG or the default place), in `context` or its own."""
        from kubernetes import config

        hint = "check --context and KUBECONFIG: `kubectl config get-contexts`"
        try:
            contexts, active = config.list_kube_config_contexts()
            name = context or active["name"]
            if name not in {item["name"] for item in contexts}:
                raise BootstrapError(f"the kubeconfig has no context {name!r}", hint)
            return cls(config.new_client_from_config(context=name), name)
        except (config.ConfigException, OSError, KeyError, TypeError) as error:
            raise BootstrapError(f"no cluster to talk to: {_first_line(error)}", hint) from error

    def missing_apis(self, groups: Mapping[str, str]) -> list[str]:
        """Return those of `groups` (API group to what serves it) that the cluster does not have."""
        with self._translated("listing the API groups"):
            present = {item.name for item in self._apis.get_api_versions(**_bounded()).groups}
        return [group for group in groups if group not in present]

    def fetch_sealing_certificate(self) -> str:
        """Return the PEM certificate that the sealed-secrets controller serves as its newest."""
        service = self.find_sealing_service()
        name = f"http:{service.name}:{service.port}"
        with self._translated(f"asking {service.namespace}/{service.name} for its certificate"):
            response = self._core.connect_get_namespaced_service_proxy_with_path(
                name, service.namespace, "v1/cert.pem", _preload_content=False, **_bounded()
            )
            text: str = response.data.decode("ascii", "replace")
            return text

    def find_sealing_service(self) -> ServiceRef:
        """Find the Service of the sealed-secrets controller by its labels, in any namespace."""
        found = []
        with self._translated("looking for the sealed-secrets controller"):
            for selector in _CONTROLLER_LABELS:
                services = self._core.list_service_for_all_namespaces(
                    label_selector=selector, **_bounded()
                )
                found += [
                    ServiceRef(
                        item.metadata.namespace, item.metadata.name, item.spec.ports[0].name or ""
                    )
                    for item in services.items
                    if item.spec.ports and not _is_metrics(item.metadata)
                ]
        choices = sorted(set(found), key=lambda item: (item.namespace, item.name))
        if not choices:
            raise BootstrapError(
                f"no sealed-secrets controller in cluster {self.context}",
                "install it: `helm install sealed-secrets sealed-secrets --namespace kube-system"
                " --repo https://bitnami-labs.github.io/sealed-secrets`",
            )
        if len(choices) > 1:
            names = ", ".join(f"{item.namespace}/{item.name}" for item in choices)
            raise BootstrapError(
                f"more than one sealed-secrets controller: {names}",
                "fetch the certificate of the right one and pass it with --cert",
            )
        return choices[0]

    def find_sealing_deployment(self, namespace: str) -> DeploymentRef | None:
        """Return the controller's Deployment in `namespace`, None if it is run another way."""
        with self._translated("looking for the sealed-secrets controller's Deployment"):
            for selector in _CONTROLLER_LABELS:
                items = self._apps.list_namespaced_deployment(
                    namespace, label_selector=selector, **_bounded()
                ).items
                if items:
                    return DeploymentRef(namespace, items[0].metadata.name)
        return None

    def sealing_certificates(self, namespace: str) -> list[str]:
        """Return the PEM certificates of the key pairs that the controller has, no private part."""
        with self._translated("reading the controller's sealing keys"):
            items = self._core.list_namespaced_secret(
                namespace, label_selector=_KEY_LABEL, **_bounded()
            ).items
        certificates = [(item.data or {}).get("tls.crt", "") for item in items]
        return [base64.b64decode(text).decode("ascii", "replace") for text in certificates if text]

    def add_sealing_key(
        self, namespace: str, name: str, *, certificate: str, private_key: str
    ) -> None:
        """Give the controller a key pair (both PEM). One that is there under `name` is an error."""
        with self._translated(f"reading Secret {namespace}/{name}"):
            if self._exists(self._core.read_namespaced_secret, name, namespace):
                raise BootstrapError(
                    f"Secret {namespace}/{name} is there with another certificate",
                    "look at it first; a sealing key is never replaced",
                )
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace, "labels": {_KEY_LABEL: "active"}},
            "type": "kubernetes.io/tls",
            "data": {
                "tls.crt": base64.b64encode(certificate.encode()).decode(),
                "tls.key": base64.b64encode(private_key.encode()).decode(),
            },
        }
        with self._translated(f"adding sealing key {namespace}/{name}"):
            self._core.patch_namespaced_secret(
                name, namespace, body, field_manager=FIELD_MANAGER,
                _content_type=_APPLY_PATCH, **_bounded(),
            )  # fmt: skip

    def restart(self, deployment: DeploymentRef, now: datetime) -> None:
        """Roll a Deployment as `kubectl rollout restart` does."""
        annotation = {"kubectl.kubernetes.io/restartedAt": now.isoformat()}
        body = {"spec": {"template": {"metadata": {"annotations": annotation}}}}
        with self._translated(f"restarting Deployment {deployment.namespace}/{deployment.name}"):
            self._apps.patch_namespaced_deployment(
                deployment.name, deployment.namespace, body,
                field_manager=FIELD_MANAGER, **_bounded(),
            )  # fmt: skip

    def is_rolled_out(self, deployment: DeploymentRef) -> bool:
        """Tell whether every replica is of the latest generation and available."""
        with self._translated(f"reading Deployment {deployment.namespace}/{deployment.name}"):
            item = self._apps.read_namespaced_deployment(
                deployment.name, deployment.namespace, **_bounded()
            )
        status, wanted = item.status, item.spec.replicas
        return bool(
            (status.observed_generation or 0) >= item.metadata.generation
            and (status.updated_replicas or 0) == wanted
            and (status.replicas or 0) == wanted
            and (status.available_replicas or 0) == wanted
        )

    def apply(self, manifest: Mapping[str, Any], *, force: bool) -> str:
        """Apply an Argo CD object server-side; return "created", "configured" or "unchanged"."""
        metadata = manifest["metadata"]
        place = ("argoproj.io", "v1alpha1", metadata["namespace"], _PLURALS[manifest["kind"]])
        what = f"{manifest['kind']} {metadata['name']}"
        with self._translated(f"applying {what}"):
            before = self._exists(
                self._custom.get_namespaced_custom_object, *place, metadata["name"]
            )
            after = self._custom.patch_namespaced_custom_object(
                *place, metadata["name"], dict(manifest), field_manager=FIELD_MANAGER,
                force=force, _content_type=_APPLY_PATCH, **_bounded(),
            )  # fmt: skip
        if before is None:
            return "created"
        return "unchanged" if _desired(before) == _desired(after) else "configured"

    def read_applications(self) -> dict[str, dict[str, Any]]:
        """Return the Applications of Argo CD's namespace by name, in one call."""
        with self._translated("listing the Applications"):
            found = self._custom.list_namespaced_custom_object(
                "argoproj.io", "v1alpha1", ARGOCD_NAMESPACE, "applications",
                label_selector="app.kubernetes.io/part-of=agentsmith", **_bounded(),
            )  # fmt: skip
        return {item["metadata"]["name"]: item for item in found["items"]}

    def refresh(self, application: str) -> None:
        """Ask Argo CD to look at the repository now; nothing happens if it has no such object."""
        body = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
        with self._translated(f"refreshing Application {application}"):
            self._exists(
                self._custom.patch_namespaced_custom_object,
                "argoproj.io", "v1alpha1", ARGOCD_NAMESPACE, "applications", application, body,
                _content_type="application/merge-patch+json",
            )  # fmt: skip

    def read_workloads(self, namespace: str) -> list[dict[str, Any]]:
        """Return the SealedSecrets, Deployments, ReplicaSets and Pods of a namespace, raw."""
        with self._translated(f"reading the workloads of namespace {namespace}"):
            sealed = self._exists(
                self._custom.list_namespaced_custom_object,
                "bitnami.com", "v1alpha1", namespace, "sealedsecrets",
            )  # fmt: skip
            lists = {
                "Deployment": self._apps.list_namespaced_deployment(namespace, **_bounded()),
                "ReplicaSet": self._apps.list_namespaced_replica_set(namespace, **_bounded()),
                "Pod": self._core.list_namespaced_pod(namespace, **_bounded()),
            }
        found = [dict(item, kind="SealedSecret") for item in (sealed or {}).get("items", [])]
        for kind, listed in lists.items():
            found += [dict(self._serialize(item), kind=kind) for item in listed.items]
        return found

    def _exists(self, call: Any, *arguments: Any, **options: Any) -> Any:
        """Return what `call` gives, None where the API server says 404."""
        from kubernetes.client import ApiException

        try:
            return call(*arguments, **options, **_bounded())
        except ApiException as error:
            if error.status == 404:
                return None
            raise

    @contextmanager
    def _translated(self, step: str) -> Iterator[None]:
        """Turn the client's errors into ours, naming the step; bodies may be long and are cut."""
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        try:
            yield
        except ApiException as error:
            raise _api_error(step, error, self.context) from error
        except (HTTPError, OSError) as error:
            raise BootstrapError(
                f"{step}: cluster {self.context} does not answer ({type(error).__name__})",
                "check the cluster and your network: `kubectl version` must work",
            ) from error


def _desired(item: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what people set on an object: Argo CD writes the status beside it all the time."""
    metadata = item["metadata"]
    return item.get("spec"), metadata.get("labels"), metadata.get("finalizers")


def _bounded() -> dict[str, Any]:
    return {"_request_timeout": _TIMEOUT}


def _is_metrics(metadata: Any) -> bool:
    return (metadata.labels or {}).get("app.kubernetes.io/component") == _METRICS_COMPONENT


def _api_error(step: str, error: Any, context: str) -> BootstrapError:
    message = _status_message(error)
    match error.status:
        case 401:
            return BootstrapError(
                f"{step}: cluster {context} does not accept your credentials",
                "log in to the cluster again",
            )
        case 403:
            return BootstrapError(
                f"{step}: forbidden: {message}", "use a context whose user may do that"
            )
        case 409:
            return BootstrapError(
                f"{step}: another manager owns the same fields: {message}",
                "take that manager's change back, or run this with --force-conflicts",
            )
        case _:
            return BootstrapError(
                f"{step}: the API server answered {error.status}: {message}",
                "see whether the cluster is healthy, then run this again",
            )


def _status_message(error: Any) -> str:
    import json

    try:
        text = json.loads(error.body)["message"]
    except (TypeError, ValueError, KeyError):
        text = str(error.reason or "")
    return " ".join(str(text).split())[:256]


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:256]
