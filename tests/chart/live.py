"""A user with a checkout, Helm and kubectl on PATH, and a cluster; and who runs the hooks' pods.

The plane's pods are fakes: nothing in them runs. What a hook's pod would do is done here instead,
with the pod's own arguments, the real kubectl, and a token of the pod's own service account.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import yaml
from ruamel.yaml import YAML

from tests.chart.guides import block
from tests.plane.cluster import Cluster, Manifest
from tests.support.workspace import Workspace, clean_environment, copy_project
from tests.tools.build import ensure

DEPLOYMENT = ("apps/v1", "Deployment")
_UNSCHEDULABLE = {"agentsmith.test/run-by": "the-test"}


def checkout(folder: Path, helm: Path, kubeconfig: Path) -> Workspace:
    """Return a copy of this checkout whose commands find this Helm and this cluster."""
    copy_project(folder)
    return with_tools(
        Workspace(folder, ""), folder.with_name(f"{folder.name}-home"), helm, kubeconfig
    )


def with_tools(workspace: Workspace, home: Path, helm: Path, kubeconfig: Path) -> Workspace:
    """Return the workspace with `helm`, `kubectl` and `kubeseal` on PATH and a home of its own."""
    tools = home / "bin"
    tools.mkdir(parents=True)
    chosen = {"helm": helm, **ensure("kubectl"), **ensure("kubeseal")}
    for name, binary in chosen.items():
        (tools / name).symlink_to(binary)
    environment = {
        "PATH": f"{tools}{os.pathsep}{clean_environment()['PATH']}",
        "HOME": str(home),
        "KUBECONFIG": str(kubeconfig),
        # Upstream's own names; kubeseal's defaults are those of an older chart.
        "SEALED_SECRETS_CONTROLLER_NAME": "sealed-secrets",
    }
    return replace(workspace, environment=environment)


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a values file as its owner would."""
    values = YAML().load(path.read_text(encoding="utf-8"))
    change(values)
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(values, file)


def for_fake_pods(values: dict[str, Any]) -> None:
    """Leave the uninstall hook's pod to `Hooks`, and wait less for pods that are always ready."""
    values.setdefault("cleanup", {})["nodeSelector"] = dict(_UNSCHEDULABLE)
    values.setdefault("dispatcher", {})["minReadySeconds"] = 1


def need_fake_pods(cluster: Cluster) -> None:
    """Skip the test on a cluster whose pods are real: they would need images that don't exist."""
    if not cluster.list("v1", "Node", labelSelector="type=kwok"):
        pytest.skip("needs the plane's fake pods; test_chart_on_node.py is the one with real pods")


@dataclass
class User:
    """Somebody with a checkout who handles release agentsmith in one namespace."""

    workspace: Workspace
    cluster: Cluster
    namespace: str

    def guide(self, name: str, **words: str) -> str:
        """Run a block of a guide and return what it prints; `words` fill in its placeholders."""
        script = block(name, self.namespace)
        for word, text in words.items():
            assert word in script, word
            script = script.replace(word, text)
        return self.workspace.run("bash", "-euo", "pipefail", "-c", script, timeout=240).stdout

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in the namespace."""
        return self.workspace.run(*command, "-n", self.namespace, check=check, timeout=240)

    def deployment(self, name: str) -> Manifest:
        """Return a Deployment."""
        found = self.cluster.get(*DEPLOYMENT, name, self.namespace)
        assert found is not None, f"there is no Deployment {name}"
        return found

    def dispatcher(self) -> Manifest:
        """Return the pod template of the dispatcher."""
        template: Manifest = self.deployment("agentsmith-dispatcher")["spec"]["template"]
        return template

    def image(self) -> str:
        """Return the image of the dispatcher."""
        return str(self.dispatcher()["spec"]["containers"][0]["image"])

    def config(self) -> str:
        """Return the configuration that the dispatcher reads."""
        found = self.cluster.get("v1", "ConfigMap", "agentsmith-config", self.namespace)
        assert found is not None
        return str(found["data"]["agentsmith.yml"])

    def secret(self) -> dict[str, bytes]:
        """Return the Secret that dispatcher and agents read."""
        found = self.cluster.secret("agentsmith-secrets", self.namespace)
        assert found is not None
        return found

    def pods(self, component: str) -> set[str]:
        """Return the uids of the pods of a component that are not on their way out."""
        selector = f"app.kubernetes.io/component={component}"
        return {
            pod["metadata"]["uid"]
            for pod in self.cluster.list("v1", "Pod", self.namespace, labelSelector=selector)
            if "deletionTimestamp" not in pod["metadata"]
        }

    def redis_pods(self) -> dict[str, object]:
        """Return what a restart of Redis would change."""
        selector = "app.kubernetes.io/component=redis"
        pods = self.cluster.list("v1", "Pod", self.namespace, labelSelector=selector)
        return {
            pod["metadata"]["uid"]: pod["metadata"]["labels"]["pod-template-hash"] for pod in pods
        }

    def redis(self) -> dict[str, object]:
        """Return that, and the generation: it counts changes of annotations too, so it is more."""
        metadata = self.deployment("redis")["metadata"]
        return {"uid": metadata["uid"], "generation": metadata["generation"]} | self.redis_pods()


def agent_job(name: str, **labels: str) -> Manifest:
    """Return a Job as the dispatcher makes it; its pod never ends, as no node fits."""
    container = {"name": "agent", "image": "agentsmith:latest"}
    pod = {"restartPolicy": "Never", "nodeSelector": _UNSCHEDULABLE, "containers": [container]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": 300,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


@dataclass
class Hooks:
    """While entered, runs the pods of the chart's hooks in one namespace.

    A cleanup pod's steps run as they stand in the pod. A test pod only ends as `verdict` says:
    there is nobody to answer its questions.
    """

    cluster: Cluster
    kubeconfig: Path
    namespace: str
    scratch: Path
    verdict: str = "Succeeded"
    done: list[list[str]] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _seen: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        """Begin to look for pods."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop looking; say which steps failed."""
        self._ended.set()
        self._thread.join()
        if error is not None:
            for note in self.failed:
                error.add_note(note)

    def _run(self) -> None:
        while not self._ended.wait(0.2):
            with contextlib.suppress(Exception):
                for pod in self.cluster.list("v1", "Pod", self.namespace):
                    self._look(pod)

    def _look(self, pod: Manifest) -> None:
        component = pod["metadata"]["labels"].get("app.kubernetes.io/component")
        uid, phase = pod["metadata"]["uid"], pod["status"].get("phase")
        if uid in self._seen or "deletionTimestamp" in pod["metadata"]:
            return
        if component == "test" and phase == "Running":
            self._seen.add(uid)
            self._end(pod, self.verdict)
        elif component == "cleanup" and phase == "Pending":
            self._seen.add(uid)
            spec = pod["spec"]
            steps = [*spec.get("initContainers", []), *spec["containers"]]
            as_it = self._as(spec["serviceAccountName"])
            good = all(self._step(step["args"], as_it) for step in steps)
            self._end(pod, "Succeeded" if good else "Failed")

    def _step(self, arguments: Sequence[str], kubeconfig: Path) -> bool:
        self.done.append(list(arguments))
        run = subprocess.run(
            [ensure("kubectl")["kubectl"], *arguments, f"--kubeconfig={kubeconfig}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.printed += run.stdout.splitlines()
        if run.returncode:
            self.failed.append(f"kubectl {' '.join(arguments)}: {run.stderr}")
        return run.returncode == 0

    def _as(self, account: str) -> Path:
        """Return a kubeconfig with nothing but a token of this service account."""
        path = self.cluster.path("v1", "ServiceAccount", self.namespace, account)
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        answer = yaml.safe_load(self.cluster.request("POST", f"{path}/token", body))
        config = yaml.safe_load(self.kubeconfig.read_text())
        current = config["current-context"]
        context = next(c["context"] for c in config["contexts"] if c["name"] == current)
        user = {"name": context["user"], "user": {"token": answer["status"]["token"]}}
        file = self.scratch / f"{account}.kubeconfig"
        file.touch(mode=0o600)
        file.write_text(yaml.safe_dump(config | {"users": [user]}))
        return file

    def _end(self, pod: Manifest, phase: str) -> None:
        path = self.cluster.path("v1", "Pod", self.namespace, pod["metadata"]["name"])
        self.cluster.request(
            "PATCH", f"{path}/status", {"status": {"phase": phase}}, "application/merge-patch+json"
        )
