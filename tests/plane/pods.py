"""A very small kubelet: pods with our annotation are real processes on this machine.

Everything else about such a pod is as on a cluster: its Deployment and ReplicaSet make it, it is
Ready when the process answers, it is killed when it is deleted, and so a rollout of the Deployment
really restarts the process.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.plane.cluster import ApiError, Cluster, Manifest
from tests.plane.control_plane import PROCESS_ANNOTATION
from tests.plane.process import Process
from tests.plane.relay import Address

_INTERVAL = 0.2  # seconds between two looks at the pods of the namespace


@dataclass
class Workload:
    """What runs for a pod: the process, its loopback address by container port, its health."""

    process: Process
    ports: dict[int, Address]
    healthy: Callable[[], bool]


@dataclass
class _Pod:
    workload: Workload
    ip: str
    restarts: int = 0
    ready: bool = False
    began: str = field(default_factory=lambda: _now())


class ProcessPods:
    """The loop that keeps the processes of one namespace's annotated pods."""

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        routes: dict[Address, Address],
        make: Callable[[Manifest], Workload],
    ) -> None:
        """`make` describes the process of a pod; `routes` is kept up to date for the proxy."""
        self._cluster, self._namespace, self._routes, self._make = cluster, namespace, routes, make
        self._pods: dict[str, _Pod] = {}
        self._numbers = itertools.count(2)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="plane-pods", daemon=True)

    @property
    def processes(self) -> list[Process]:
        """The processes of all pods, in the order in which they came."""
        return [pod.workload.process for pod in self._pods.values()]

    def start(self) -> None:
        """Begin to look after the pods."""
        self._thread.start()

    def stop(self) -> None:
        """End the loop and every process."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
        for uid in list(self._pods):
            self._forget(uid)

    def _run(self) -> None:
        while not self._ended.wait(_INTERVAL):
            # A stopped or restarting API server is no reason to touch a process.
            with contextlib.suppress(Exception):
                self._look()

    def _look(self) -> None:
        live = {
            pod["metadata"]["uid"]: pod
            for pod in self._cluster.list("v1", "Pod", self._namespace)
            if PROCESS_ANNOTATION in pod["metadata"].get("annotations", {})
            and pod["spec"].get("nodeName")
        }
        for uid in self._pods.keys() - live.keys():
            self._forget(uid)
        for uid, pod in live.items():
            if "deletionTimestamp" in pod["metadata"]:
                self._forget(uid)
                self._confirm_deletion(pod)
            else:
                self._keep(uid, pod)

    def _keep(self, uid: str, pod: Manifest) -> None:
        if uid not in self._pods:
            workload = self._make(pod)
            ours = self._pods[uid] = _Pod(workload, f"10.245.0.{next(self._numbers)}")
            for port, address in workload.ports.items():
                self._routes[ours.ip, port] = address
            workload.process.start()
            self._report(pod, ours)
        ours = self._pods[uid]
        if not ours.workload.process.running:
            ours.restarts += 1
            ours.began = _now()
            ours.workload.process.start()
        ready = ours.workload.healthy()
        if ready != ours.ready:
            ours.ready = ready
            self._report(pod, ours)

    def _forget(self, uid: str) -> None:
        if ours := self._pods.pop(uid, None):
            ours.workload.process.stop()
            for port in ours.workload.ports:
                self._routes.pop((ours.ip, port), None)

    def _path(self, pod: Manifest) -> str:
        return self._cluster.path("v1", "Pod", self._namespace, pod["metadata"]["name"])

    def _confirm_deletion(self, pod: Manifest) -> None:
        with contextlib.suppress(ApiError):
            only = {"preconditions": {"uid": pod["metadata"]["uid"]}, "gracePeriodSeconds": 0}
            self._cluster.request("DELETE", self._path(pod), only)

    def _report(self, pod: Manifest, ours: _Pod) -> None:
        truth = "True" if ours.ready else "False"
        container = pod["spec"]["containers"][0]
        status = {
            "phase": "Running",
            "podIP": ours.ip,
            "podIPs": [{"ip": ours.ip}],
            "startTime": ours.began,
            "conditions": [
                {"type": kind, "status": truth, "lastTransitionTime": _now()}
                for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
            ],
            "containerStatuses": [
                {
                    "name": container["name"],
                    "image": container["image"],
                    "imageID": "",
                    "ready": ours.ready,
                    "started": ours.ready,
                    "restartCount": ours.restarts,
                    "state": {"running": {"startedAt": ours.began}},
                }
            ],
        }
        self._cluster.patch(f"{self._path(pod)}/status", {"status": status})


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
