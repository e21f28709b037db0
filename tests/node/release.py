"""A release of the chart on the node, handled with Helm as a user handles it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import urllib.request
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.node import image_set
from tests.node.node import Node
from tests.plane.cluster import Manifest
from tests.plane.errors import PlaneError
from tests.plane.waiting import wait_for

CHART = Path(__file__).parents[2] / "helm" / "agentsmith"
NAME = "agentsmith"
DEPLOYMENT = "agentsmith-dispatcher"
_TIMEOUT = "300s"


def values(replicas: int = 1) -> dict[str, Any]:
    """Return values with our images and made-up secrets; all else is the chart's own."""
    return {
        "image": {"agent": image_set.AGENT, "dispatcher": image_set.dispatcher("v1")},
        "redis": {"image": image_set.REDIS},
        "cleanup": {"image": image_set.KUBECTL},
        "dispatcher": {"replicas": replicas},
        "secrets": {
            "slackBotToken": "xoxb-1",
            "slackSigningSecret": "signing-1",
            "anthropicApiKey": "key-1",
        },
        "config": {"content": "projects: {}\n"},
    }


def digest(text: str) -> str:
    """Return the digest under which a stand-in dispatcher tells what it has read."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Release:
    """A release in a namespace of its own, which enforces a Pod Security Standard."""

    def __init__(
        self, node: Node, helm: Path, namespace: str, *, replicas: int = 1, enforce: str
    ) -> None:
        """Make the namespace; `enforce` is "restricted" or, for agent Jobs, "baseline"."""
        self.node, self.namespace, self.replicas = node, namespace, replicas
        self.values = values(replicas)
        self._helm = helm
        standard = "pod-security.kubernetes.io"
        labels = {f"{standard}/enforce": enforce, f"{standard}/warn": "restricted"}
        metadata = {"name": namespace, "labels": labels}
        node.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    @property
    def helm_major(self) -> int:
        """The major version of Helm."""
        return int(self.helm("version", "--template={{.Version}}").stdout.lstrip("v").split(".")[0])

    def helm(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Helm in the namespace. Raises PlaneError with its output if `check` and it fails."""
        home = self.node.run_dir / "helm"
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "HELM_CACHE_HOME": str(home)}
        run = subprocess.run(
            [self._helm, *arguments, f"--namespace={self.namespace}",
             f"--kubeconfig={self.node.kubeconfig}"],
            env=environment, capture_output=True, text=True,
        )  # fmt: skip
        if check and run.returncode != 0:
            raise PlaneError(f"helm {' '.join(arguments)}:\n{run.stdout}{run.stderr}")
        return run

    def install(self) -> subprocess.CompletedProcess[str]:
        """Install and wait until everything is ready and the Service answers."""
        run = self.helm("install", NAME, str(CHART), *self._values(), *_waiting())
        wait_for(self.told, "the Service to answer")
        return run

    def change(self, edit: Callable[[dict[str, Any]], None]) -> None:
        """Edit the values, upgrade, and wait until only pods of the new version are left."""
        edit(self.values)
        self.helm("upgrade", NAME, str(CHART), *self._values(), *_waiting())
        self.settle()

    def try_change(
        self, edit: Callable[[dict[str, Any]], None], *options: str
    ) -> subprocess.CompletedProcess[str]:
        """Upgrade with edited values, which are not kept; what Helm says is for the caller."""
        edited = deepcopy(self.values)
        edit(edited)
        return self.helm("upgrade", NAME, str(CHART), *self._values(edited), *options, check=False)

    def rollback(self, revision: int) -> None:
        """Roll back (0: by one) and wait until only pods of that revision are left."""
        self.helm("rollback", NAME, str(revision), *_waiting())
        manifest = self.helm("get", "values", NAME, "-o=json").stdout
        self.values = json.loads(manifest)
        self.settle()

    def test(self) -> subprocess.CompletedProcess[str]:
        """Run the chart's own test."""
        return self.helm("test", NAME, "--timeout", _TIMEOUT)

    def uninstall(self) -> subprocess.CompletedProcess[str]:
        """Uninstall and wait until the release's own objects are gone."""
        return self.helm("uninstall", NAME, *_waiting())

    def __enter__(self) -> Self:
        """Nothing: `install` comes when the caller wants it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """After an exception note what the pods did, and give what they held to other releases."""
        if error is not None:
            error.add_note(self.state())
            self.node.cluster.delete("v1", "Namespace", self.namespace)

    def pods(self, component: str) -> list[Manifest]:
        """Return the pods of a component of the chart."""
        selector = f"app.kubernetes.io/component={component}"
        return self.node.cluster.list("v1", "Pod", self.namespace, labelSelector=selector)

    def settle(self) -> None:
        """Wait until the rollout is over: as many pods as wanted, all new, no old one left."""

        def settled() -> bool:
            found = self.node.cluster.get("apps/v1", "Deployment", DEPLOYMENT, self.namespace)
            assert found is not None
            status, pods = found["status"], self.pods("dispatcher")
            return bool(
                status["observedGeneration"] == found["metadata"]["generation"]
                and status.get("updatedReplicas") == status.get("availableReplicas")
                and status.get("availableReplicas") == len(pods) == self.replicas
            )

        wait_for(settled, f"the rollout in {self.namespace}", timeout=300)

    def redis(self) -> tuple[str, int]:
        """Return the uid and the restart count of the one Redis pod."""
        (pod,) = self.pods("redis")
        return pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["restartCount"]

    @property
    def url(self) -> str:
        """The Service's address, reachable in the node's network namespace."""
        found = self.node.cluster.get("v1", "Service", DEPLOYMENT, self.namespace)
        assert found is not None
        return f"http://{found['spec']['clusterIP']}:{found['spec']['ports'][0]['port']}"

    def ask(self, path: str, *, post: bool = False) -> Any:
        """Return the dispatcher's answer through its Service. Raises OSError."""
        request = urllib.request.Request(self.url + path, method="POST" if post else "GET")

        def send() -> Any:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)

        return self.node.network.run(send)

    def told(self) -> Any:
        """Return what a dispatcher tells of itself through the Service; secrets as digests."""
        return self.ask("/state")

    def told_by_each(self) -> list[Any]:
        """Return the same of every dispatcher, each asked at its pod's own address."""

        def ask(pod: Manifest) -> Any:
            port = pod["spec"]["containers"][0]["ports"][0]["containerPort"]
            url = f"http://{pod['status']['podIP']}:{port}/state"
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)

        pods = self.pods("dispatcher")
        return self.node.network.run(lambda: [ask(pod) for pod in pods])

    def state(self) -> str:
        """Return pods and events, for a failed step."""
        lines = []
        for pod in self.node.cluster.list("v1", "Pod", self.namespace):
            statuses = json.dumps(pod["status"].get("containerStatuses", []))
            lines.append(f"{pod['metadata']['name']} {pod['status']['phase']} {statuses}")
        for event in self.node.cluster.list("v1", "Event", self.namespace)[-15:]:
            lines.append(f"{event['involvedObject']['name']}: {event['message']}")
        return "\n".join(lines)

    def _values(self, chosen: dict[str, Any] | None = None) -> list[str]:
        file = self.node.run_dir / f"{self.namespace}.values.json"
        file.write_text(json.dumps(chosen or self.values))
        return [f"--values={file}"]


def _waiting() -> tuple[str, ...]:
    return ("--wait", f"--timeout={_TIMEOUT}")
