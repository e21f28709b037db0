"""A tiny chart in a Git repository and the Application that deploys it, to prove the plane."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.plane.cluster import Manifest
from tests.plane.target import Target
from tests.plane.waiting import wait_for

ARGO = ("argoproj.io/v1alpha1", "Application")
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 0.1.0\n",
    "chart/values.yaml": "greeting: hello\n",
    "chart/templates/all.yaml": """
apiVersion: v1
kind: ConfigMap
metadata: {name: greeting}
data: {text: {{ .Values.greeting }}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: greeter}
spec:
  selector: {matchLabels: {app: greeter}}
  template:
    metadata: {labels: {app: greeter}}
    spec: {containers: [{name: main, image: "example.com/greeter:{{ .Values.greeting }}"}]}
""",
}


class Clone:
    """A work tree whose commits are pushed at once."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        subprocess.run(["git", "clone", "-q", url, folder], check=True)

    def push(self, files: dict[str, str]) -> str:
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        self._git("add", ".")
        self._git("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-qm", "change")
        self._git("push", "-q", "origin", "HEAD:main")
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        run = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(run, check=True, capture_output=True, text=True).stdout


def application(name: str, url: str, namespace: str) -> Manifest:
    return {
        "apiVersion": ARGO[0],
        "kind": ARGO[1],
        "metadata": {
            "name": name,
            "namespace": "argocd",
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "project": "default",
            "source": {"repoURL": url, "targetRevision": "main", "path": "chart"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
            "syncPolicy": {"automated": {"prune": True}},
        },
    }


def wait_healthy(plane: Target, name: str, revision: str, timeout: float = 60) -> None:
    def healthy() -> bool:
        status = (plane.cluster.get(*ARGO, name, "argocd") or {})["status"]
        sync, health = status["sync"], status["health"]["status"]
        return (sync["status"], sync.get("revision"), health) == ("Synced", revision, "Healthy")

    wait_for(healthy, f"{name} at {revision}", timeout=timeout)
