"""Argo CD and sealed-secrets on the node, and a repository that Argo CD syncs from."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.node.image_set import SEALED_SECRETS
from tests.node.node import Node
from tests.node.release import CHART
from tests.node.servers import API_PORT
from tests.plane.argocd import NAMESPACE, ArgoCD
from tests.plane.cluster import Manifest, service_proxy
from tests.plane.errors import PlaneError
from tests.plane.git_server import GitServer
from tests.plane.waiting import wait_for
from tests.tools.build import ensure, ensure_files

T = TypeVar("T")
APPLICATION = ("argoproj.io/v1alpha1", "Application")
_SEALED = "kube-system"
_ENVIRONMENT = "environments/prod"
VALUES = f"{_ENVIRONMENT}/values.yaml"
CONFIG = f"{_ENVIRONMENT}/agentsmith.yml"
SECRET = f"{_ENVIRONMENT}/sealed-secret.yaml"


class GitOps:
    """Argo CD's servers as processes on the node, the sealed-secrets controller as a pod."""

    def __init__(self, node: Node) -> None:
        """Describe the servers; start nothing."""
        self._node = node
        # In the namespace in which Argo CD puts its controller, loopback is all there is.
        self.kubeconfig = node.servers.admin_at(
            node.run_dir / "argocd-admin.kubeconfig", f"https://127.0.0.1:{API_PORT}"
        )
        self._argocd = ArgoCD(node.run_dir, self.kubeconfig, API_PORT)
        for process in self._argocd.processes.values():
            process.command = [*node.network.enter, *process.command]
        self._git = GitServer(node.run_dir / "git")

    def start(self) -> None:
        """Start everything and wait until it is ready."""
        network = self._node.network
        network.run(self._git.start)
        self._install_sealed_secrets()
        self._argocd.install(self._node.cluster)
        network.run(self._argocd.start)
        network.run(self._argocd.wait_ready)
        wait_for(self.certificate, "the sealing certificate")

    def stop(self) -> None:
        """Stop Argo CD and the Git server."""
        self._argocd.stop()
        self._git.stop()

    def repository(self, name: str) -> Repository:
        """Return a new repository with the chart in it."""
        url = self._git.create(name)
        return Repository(self._node.run_dir / f"clone-{name}", self._git.path(name), url)

    def empty_repository(self, name: str) -> str:
        """Return the URL of a new repository with nothing in it."""
        return self._git.create(name)

    def run(self, function: Callable[[], T]) -> T:
        """Return `function()` called where the repositories and the API server are reached."""
        return self._node.network.run(function)

    def certificate(self) -> str:
        """Return the controller's certificate (PEM)."""
        path = service_proxy(_SEALED, "sealed-secrets", 8080, "v1/cert.pem")
        return self._node.cluster.request("GET", path).decode()

    def seal(self, namespace: str, values: dict[str, str]) -> str:
        """Return a SealedSecret manifest of the chart's Secret, made by upstream's kubeseal."""
        file = self._node.run_dir / f"{namespace}.sealing.crt"
        file.write_text(self.certificate())
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "agentsmith-secrets", "namespace": namespace},
            "stringData": values,
        }
        command: list[str | Path] = [
            ensure("kubeseal")["kubeseal"],
            "--cert",
            file,
            "--format",
            "yaml",
        ]
        return _run(command, json.dumps(secret))

    def _install_sealed_secrets(self) -> None:
        chart = ensure_files("sealed-secrets") / "helm" / "sealed-secrets"
        registry, name = SEALED_SECRETS.split("/")
        repository, tag = name.split(":")
        image = f"image.registry={registry},image.repository={repository},image.tag={tag}"
        _run([
            ensure("helm4")["helm4"], "install", "sealed-secrets", chart,
            f"--namespace={_SEALED}", f"--kubeconfig={self._node.kubeconfig}",
            f"--set-string={image},image.pullPolicy=Never",
        ])  # fmt: skip


class Repository:
    """A clone whose commits are pushed at once; `url` is what Argo CD knows."""

    def __init__(self, folder: Path, bare: Path, url: str) -> None:
        """Clone the bare repository and put the chart into the clone."""
        self.url, self._folder = url, folder
        _run(["git", "clone", "--quiet", bare, folder])
        shutil.copytree(CHART, folder / "helm" / "agentsmith")

    def push(self, files: dict[str, str]) -> str:
        """Commit files and return the commit."""
        for name, text in files.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message=change")
        return self._pushed()

    def revert(self, commits: int) -> str:
        """Take the last commits back, as one; return the new commit."""
        self._git("revert", "--no-commit", f"HEAD~{commits}..HEAD")
        self._git("commit", "--quiet", "--message=revert")
        return self._pushed()

    def _pushed(self) -> str:
        self._git("push", "--quiet", "origin", "HEAD:main")
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
        return _run(["git", "-C", self._folder, *identity, *arguments])


def application(name: str, url: str, namespace: str) -> Manifest:
    """Return an Application like the ones that `bootstrap init` writes."""
    helm = {
        "releaseName": "agentsmith",
        "valueFiles": [f"/{VALUES}"],
        "fileParameters": [
            {"name": "config.content", "path": f"/{CONFIG}"},
            {"name": "sealedSecret.manifest", "path": f"/{SECRET}"},
        ],
    }
    source = {
        "repoURL": url, "targetRevision": "main", "path": "helm/agentsmith", "helm": helm
    }  # fmt: skip
    return {
        "apiVersion": APPLICATION[0],
        "kind": APPLICATION[1],
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "project": "default",
            "source": source,
            "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["CreateNamespace=true", "ServerSideApply=true", "PruneLast=true"],
            },
        },
    }


def refresh(node: Node, name: str) -> None:
    """Tell Argo CD to look at the repository now."""
    path = node.cluster.path(*APPLICATION, NAMESPACE, name)
    asked = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
    node.cluster.patch(path, asked)


def status(node: Node, name: str) -> Any:
    """Return the status of an Application; empty before Argo CD has seen it, None if deleted."""
    found = node.cluster.get(*APPLICATION, name, NAMESPACE)
    return None if found is None else found.get("status", {})


def _run(command: list[str | Path], given: str = "") -> str:
    run = subprocess.run(command, input=given, capture_output=True, text=True)
    if run.returncode != 0:
        raise PlaneError(f"{' '.join(map(str, command))}: {run.stdout}{run.stderr}")
    return run.stdout
