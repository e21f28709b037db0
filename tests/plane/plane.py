"""The plane: the real servers of a cluster with Argo CD and sealed-secrets, as our processes."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.plane import sealed_secrets
from tests.plane.argocd import ArgoCD
from tests.plane.cluster import Cluster
from tests.plane.control_plane import ControlPlane
from tests.plane.errors import PlaneError
from tests.plane.namespaces import check_unshare
from tests.plane.pods import ProcessPods
from tests.plane.process import Process
from tests.plane.relay import EgressProxy
from tests.plane.sealed_secrets import Release
from tests.plane.target import Target
from tests.plane.waiting import wait_for

_DEPLOYMENT = ("apps/v1", "Deployment", sealed_secrets.NAMESPACE, sealed_secrets.NAME)
_SOCKET_PATH = 90  # Linux allows 107 bytes; Argo CD has longer names than ours


class Plane(Target):
    """One cluster of our own, started and stopped as a whole or in parts.

    `kubeconfig` is its administrator's file, `cluster` a thin client of it, `argocd_url` the URL
    of Argo CD's server. Everything it writes is under `run_dir`, which `stop` keeps after a
    failure.
    """

    owned = True

    def __init__(self, run_dir: Path | None = None, release: Release = Release.NEWEST) -> None:
        """Build missing tools and describe the processes; start nothing. Raises PlaneError.

        `release` is that of sealed-secrets.
        """
        check_unshare()
        self._release = release
        self.run_dir = run_dir or Path(tempfile.mkdtemp(prefix="agentsmith-plane-"))
        self._temporary = run_dir is None
        self._egress_path = self.run_dir / "egress.sock"
        if len(str(self._egress_path)) > _SOCKET_PATH:
            raise PlaneError(f"{self.run_dir} is too long a path for socket files; set TMPDIR")
        self._kubernetes = ControlPlane(self.run_dir, self._egress_path)
        self.kubeconfig = self._kubernetes.kubeconfig
        self._argocd = ArgoCD(self.run_dir, self.kubeconfig, self._kubernetes.port)
        self.argocd_url = self._argocd.url
        self.timings: dict[str, float] = {}
        self._cluster: Cluster | None = None
        self._egress: EgressProxy | None = None
        self._pods: ProcessPods | None = None

    @property
    def cluster(self) -> Cluster:
        """The client of the running cluster."""
        if self._cluster is None:
            raise PlaneError("the plane is not running")
        return self._cluster

    @property
    def processes(self) -> dict[str, Process]:
        """Every server process by name; the sealed-secrets controllers by their pod's name."""
        return {
            **self._kubernetes.processes,
            **self._argocd.processes,
            **{process.name: process for process in self.sealed_secrets_processes},
        }

    @property
    def sealed_secrets_processes(self) -> list[Process]:
        """The running controllers: one, or two for a moment of a rollout."""
        return self._pods.processes if self._pods else []

    def start(self) -> Self:
        """Start everything and wait until it is ready; stop all again if that fails."""
        began = time.monotonic()
        try:
            self._start(lambda step: self.timings.update({step: time.monotonic() - began}))
        except BaseException:
            self.stop(keep=True)
            raise
        return self

    def _start(self, done: Callable[[str], None]) -> None:
        self._egress = EgressProxy(self._egress_path)
        with ThreadPoolExecutor() as pool:
            manifests = pool.submit(sealed_secrets.render, self._release)
            cluster = self._cluster = self._kubernetes.start()
            done("API server")
            installed = pool.submit(self._argocd.install, cluster)
            cluster.apply_all(manifests.result(), sealed_secrets.NAMESPACE)
            make = sealed_secrets.workload_maker(
                self._release, cluster, self.run_dir, self._kubernetes.port, self._kubernetes.ca
            )
            self._pods = ProcessPods(cluster, sealed_secrets.NAMESPACE, self._egress.routes, make)
            self._pods.start()
            installed.result()
            done("manifests")
            self._argocd.start()
            self._kubernetes.wait_ready(cluster)
            self._argocd.wait_ready()
            done("Argo CD")
            self._wait_sealed_secrets()
            done("sealed-secrets")

    def stop(self, *, keep: bool = False) -> None:
        """Stop everything; `keep` keeps the run directory with its logs."""
        if self._pods:
            self._pods.stop()
        self._argocd.stop()
        self._kubernetes.stop()
        if self._egress:
            self._egress.close()
        self._pods = self._egress = self._cluster = None
        if self._temporary and not keep:
            shutil.rmtree(self.run_dir, ignore_errors=True)

    def wipe(self) -> None:
        """Lose the cluster with all that is in it and start a new one at the same address."""
        self.stop(keep=True)
        self._kubernetes.wipe()
        self.start()

    def stop_component(self, name: str) -> None:
        """Stop one of `processes`; "sealed-secrets" scales its Deployment to nothing."""
        if name == sealed_secrets.NAME:
            self._scale_sealed_secrets(0)
        else:
            self.processes[name].stop()

    def start_component(self, name: str) -> None:
        """Start what `stop_component` stopped and wait until it is ready."""
        if name == sealed_secrets.NAME:
            self._scale_sealed_secrets(1)
            self._wait_sealed_secrets()
        elif name in self._argocd.processes:
            self._argocd.start_one(name)
            self._argocd.wait_ready()
        else:
            self.processes[name].start()
            wait_for(lambda: self.cluster.request("GET", "/readyz"), "the API server")
            self._kubernetes.wait_ready(self.cluster)

    def sealed_secrets_restart(self) -> None:
        """Do what `kubectl rollout restart` does to the controller and wait for the rollout."""
        stamp = {"kubectl.kubernetes.io/restartedAt": datetime.now(UTC).isoformat()}
        change = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
        self.cluster.patch(self._deployment_path(), change)
        self._wait_sealed_secrets()

    def failure(self) -> str:
        """Return where the logs are and the end of every one, for a failed test."""
        tails = (process.tail(5) for process in self.processes.values())
        return "\n".join([f"logs: {self.run_dir / 'logs'}", *tails])

    def _deployment_path(self) -> str:
        return self.cluster.path(*_DEPLOYMENT)

    def _scale_sealed_secrets(self, replicas: int) -> None:
        self.cluster.patch(self._deployment_path(), {"spec": {"replicas": replicas}})
        pods = self._pods
        if replicas == 0 and pods is not None:
            wait_for(lambda: not pods.processes, "the controller to end")

    def _wait_sealed_secrets(self) -> None:
        """Wait for a finished rollout: one ready pod of this generation, and no other process."""

        def finished() -> bool:
            kind = self.cluster.get(*_DEPLOYMENT[:2], _DEPLOYMENT[3], _DEPLOYMENT[2]) or {}
            status, pods = kind.get("status", {}), self._pods
            return (
                status.get("observedGeneration") == kind["metadata"]["generation"]
                and status.get("updatedReplicas") == status.get("availableReplicas") == 1
                and status.get("replicas") == 1
                and pods is not None
                and len(pods.processes) == 1
            )

        wait_for(finished, "the rollout of sealed-secrets")
        wait_for(self.sealing_certificate, "the sealing certificate")

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; keep the logs after an exception."""
        self.stop(keep=error is not None)
