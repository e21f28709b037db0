"""One node with its cluster, started and stopped as a whole."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.node.cgroups import Cgroups
from tests.node.image_set import build_stand_in, write_images
from tests.node.leftovers import Record, clean_after_killed_runs
from tests.node.machine import obstacle
from tests.node.network import NODE_IP, Network
from tests.node.servers import API_PORT, CONTAINERD, NODE, Servers
from tests.node.settings import DNS_SERVICE_IP
from tests.plane.cluster import Cluster, Manifest
from tests.plane.errors import PlaneError
from tests.plane.waiting import wait_for
from tests.tools.build import ensure


class Node:
    """A cluster of one real node.

    `kubeconfig` is an administrator's file that works outside the network namespace, `cluster` a
    client of it, `network` the namespace, `stand_in` the program of all stand-ins, `timings` the
    seconds from the beginning of the start to each step.
    """

    def __init__(self) -> None:
        """Choose names; nothing is made yet. Raises PlaneError if no kubelet can run here."""
        if reason := obstacle():
            raise PlaneError(f"this machine can't run a node: {reason}")
        clean_after_killed_runs()
        self.run_dir = Path(tempfile.mkdtemp(prefix="agentsmith-node-"))
        self.network = Network(self.run_dir.name)
        self.kubeconfig = self.run_dir / "kubeconfig"
        self.stand_in = self.run_dir / "stand-in"
        self.timings: dict[str, float] = {}
        self._cgroups = Cgroups(self.run_dir.name)
        self._record = Record(self.run_dir.name, self.run_dir)
        self._servers: Servers | None = None
        self._cluster: Cluster | None = None

    @property
    def cluster(self) -> Cluster:
        """The client of the running cluster."""
        if self._cluster is None:
            raise PlaneError("the node is not running")
        return self._cluster

    @property
    def servers(self) -> Servers:
        """The servers of the started node."""
        if self._servers is None:
            raise PlaneError("the node is not running")
        return self._servers

    def start(self) -> Self:
        """Start everything and wait until pods can run; clean up again if that fails."""
        began = time.monotonic()
        try:
            self._start(lambda step: self.timings.update({step: time.monotonic() - began}))
        except BaseException:
            self.stop(keep=True)
            raise
        return self

    def _start(self, done: Callable[[str], None]) -> None:
        self.network.create()
        self._cgroups.create()
        servers = self._servers = Servers(self.run_dir, self.network)
        with ThreadPoolExecutor() as pool:
            images = pool.submit(self._images)
            for name in ("etcd", "kube-apiserver", CONTAINERD):
                servers.processes[name].start()
            port = self.network.expose((NODE_IP, API_PORT))
            servers.admin_at(self.kubeconfig, f"https://127.0.0.1:{port}")
            cluster = self._cluster = Cluster(self.kubeconfig)
            alive = list(servers.processes.values())[:3]
            wait_for(lambda: cluster.request("GET", "/readyz"), "the API server", alive=alive)
            done("API server")
            for manifest in _dns():
                cluster.apply(manifest, "kube-system")
            images.result()
            done("images")
            for process in servers.processes.values():
                process.start()
            alive = list(servers.processes.values())
            wait_for(lambda: _is_ready(cluster.get("v1", "Node", NODE)), "the node", alive=alive)
            done("node")
            wait_for(
                lambda: cluster.get("v1", "ServiceAccount", "default", "default"),
                "the controllers",
                alive=alive,
            )
            wait_for(lambda: self.network.run(_dns_ready), "the cluster's DNS", alive=alive)
            done("DNS")

    def _images(self) -> None:
        """Make all images and import them into containerd."""
        build_stand_in(self.run_dir)
        archives = write_images(self.run_dir / "images", self.stand_in)
        socket = self.servers.containerd_socket
        wait_for(socket.exists, "containerd's socket")
        ctr = ensure("ctr")["ctr"]
        for archive in archives:
            command: list[str | Path] = [
                ctr,
                f"--address={socket}",
                "--namespace=k8s.io",
                "images",
                "import",
            ]
            run = subprocess.run([*command, archive], capture_output=True, text=True)
            if run.returncode != 0:
                raise PlaneError(f"ctr images import: {run.stderr}")
            archive.unlink()

    def stop(self, *, keep: bool = False) -> None:
        """Stop everything and put the machine back; `keep` keeps the logs."""
        if self._servers is not None:
            # The kubelet first: it would restart what the others lose.
            for process in reversed(self._servers.processes.values()):
                process.terminate()
                if process.name in ("kubelet", CONTAINERD):
                    process.stop()
            for process in reversed(self._servers.processes.values()):
                process.stop()
        self._cluster = None
        self._record.clean()
        if not keep:
            shutil.rmtree(self.run_dir, ignore_errors=True)

    def failure(self) -> str:
        """Return where the logs are and the end of every one, for a failed test."""
        tails = (process.tail(5) for process in self.servers.processes.values())
        return "\n".join([f"logs: {self.run_dir / 'logs'}", *tails])

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


def _dns() -> list[Manifest]:
    """Return a Service without selector, whose endpoint is CoreDNS on the node itself."""
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
    ]
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kube-dns"},
            "spec": {"clusterIP": DNS_SERVICE_IP, "ports": ports},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "kube-dns-node",
                "labels": {"kubernetes.io/service-name": "kube-dns"},
            },
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": [{"addresses": [NODE_IP], "conditions": {"ready": True}}],
        },
    ]


def _dns_ready() -> bool:
    with urllib.request.urlopen("http://127.0.0.1:8181/ready", timeout=2) as answer:
        return bool(answer.status == 200)


def _is_ready(node: Manifest | None) -> bool:
    conditions = (node or {}).get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
