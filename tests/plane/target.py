"""What every cluster under test offers, be it a plane of ours or a developer's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from tests.plane.argocd import post_event, push_event
from tests.plane.cluster import Cluster, service_proxy
from tests.plane.errors import PlaneError

# Of upstream's chart and of upstream's plain manifests.
_CONTROLLER_LABELS = ("app.kubernetes.io/name=sealed-secrets", "name=sealed-secrets-controller")


class Target(ABC):
    """A cluster with Argo CD and sealed-secrets.

    `kubeconfig` is an administrator's file, `argocd_url` the URL of Argo CD's server ("" if
    unknown), `owned` whether tests may stop, restart and wipe its servers.
    """

    owned: bool
    kubeconfig: Path
    argocd_url: str

    @property
    @abstractmethod
    def cluster(self) -> Cluster:
        """A thin client of the cluster."""

    @abstractmethod
    def failure(self) -> str:
        """Return what to look at after a failed test."""

    def webhook_push(
        self, repo_url: str, ref: str, before: str, after: str, changed_files: list[str]
    ) -> None:
        """Tell Argo CD of a push as GitHub would; `ref` is for example refs/heads/main.

        Raises PlaneError if Argo CD's URL is not known, OSError if it refuses.
        """
        if not self.argocd_url:
            raise PlaneError("the URL of Argo CD's server is not known")
        post_event(self.argocd_url, push_event(repo_url, ref, before, after, changed_files))

    def sealing_certificate(self) -> str:
        """Return the controller's newest certificate (PEM), through the API server's proxy.

        Raises PlaneError if no controller is found.
        """
        for label in _CONTROLLER_LABELS:
            for service in self.cluster.list("v1", "Service", labelSelector=label):
                metadata, ports = service["metadata"], service["spec"]["ports"]
                if any(port["port"] == 8080 for port in ports):
                    path = service_proxy(
                        metadata["namespace"], metadata["name"], 8080, "v1/cert.pem"
                    )
                    return self.cluster.request("GET", path).decode()
        raise PlaneError("no Service of sealed-secrets in any namespace")
