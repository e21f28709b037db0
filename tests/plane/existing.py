"""A cluster of the developer's in place of the plane: named by environment variables."""

from __future__ import annotations

import os
from pathlib import Path

from tests.plane.cluster import Cluster
from tests.plane.errors import PlaneError
from tests.plane.target import Target

KUBECONFIG = "AGENTSMITH_E2E_KUBECONFIG"
ARGOCD_URL = "AGENTSMITH_E2E_ARGOCD_URL"
GIT_ADDRESS = "AGENTSMITH_E2E_GIT_ADDRESS"


class ExistingCluster(Target):
    """What tests may use of a cluster that they did not make; it is never stopped or wiped."""

    owned = False

    def __init__(self, kubeconfig: Path) -> None:
        """Take the current context of `kubeconfig`. Raises PlaneError if it cannot be reached."""
        self.kubeconfig = kubeconfig
        self._cluster = Cluster(kubeconfig)
        self.argocd_url = os.environ.get(ARGOCD_URL, "")
        self._check("argoproj.io/v1alpha1", "Application")
        self._check("bitnami.com/v1alpha1", "SealedSecret")

    @property
    def cluster(self) -> Cluster:
        """A thin client of the cluster."""
        return self._cluster

    def failure(self) -> str:
        """Return what to look at after a failed test."""
        return f"cluster of {self.kubeconfig}"

    def _check(self, api_version: str, kind: str) -> None:
        try:
            self.cluster.path(api_version, kind)
        except PlaneError as error:
            raise PlaneError(f"the cluster of {KUBECONFIG} needs {kind}: {error}") from error


def existing_cluster() -> ExistingCluster | None:
    """Return the cluster that the environment names, or None if a plane is to be started."""
    path = os.environ.get(KUBECONFIG)
    return ExistingCluster(Path(path)) if path else None
