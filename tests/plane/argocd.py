"""Argo CD: upstream's manifests in the API, its three servers and Redis as processes."""

from __future__ import annotations

import json
import shutil
import socket
import urllib.request
from pathlib import Path

import yaml

from tests.plane.cluster import Cluster, Manifest
from tests.plane.errors import PlaneError
from tests.plane.namespaces import enter_network
from tests.plane.ports import reserve_port
from tests.plane.process import Process
from tests.plane.relay import close_listener, relay
from tests.plane.waiting import wait_for
from tests.tools.build import ensure, ensure_files

NAMESPACE = "argocd"
_WORKLOADS = ("Deployment", "StatefulSet", "NetworkPolicy")  # what would make pods, and their walls
_CONTROLLER = "argocd-application-controller"


class ArgoCD:
    """Redis, repo-server, application-controller and server."""

    def __init__(self, run_dir: Path, kubeconfig: Path, api_port: int) -> None:
        """Choose ports; start nothing. `kubeconfig` needs to exist only at the start."""
        self._run_dir, self._kubeconfig, self._api_port = run_dir, kubeconfig, api_port
        self._redis, self._repo, self._repo_health, self._server, self._server_metrics = (
            reserve_port() for _ in range(5)
        )
        self.url = f"http://127.0.0.1:{self._server}"
        self._outside, self._inside = socket.socketpair()
        self._listeners: list[socket.socket] = []
        self.processes = {process.name: process for process in self._describe()}

    def install(self, cluster: Cluster) -> None:
        """Apply upstream's install.yaml without its workloads."""
        text = (ensure_files("argocd") / "manifests" / "install.yaml").read_bytes()
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        manifests = [m for m in yaml.load_all(text, yaml.CSafeLoader) if m]
        cluster.apply_all((m for m in manifests if m["kind"] not in _WORKLOADS), NAMESPACE)

    def start(self) -> None:
        """Start all; `install` must have been done."""
        config = yaml.safe_load(self._kubeconfig.read_text())
        config["contexts"][0]["context"]["namespace"] = NAMESPACE
        (self._run_dir / "argocd.kubeconfig").write_text(yaml.safe_dump(config))
        for name in self.processes:
            self.start_one(name)

    def start_one(self, name: str) -> None:
        """Start one of `processes`; no waiting."""
        process = self.processes[name]
        if process.running:
            return
        if name != _CONTROLLER:
            process.start()
            return
        process.start(pass_fds=[self._inside.fileno()])
        self._outside.settimeout(0.1)
        _, handles, _, _ = wait_for(
            lambda: socket.recv_fds(self._outside, 64, 8),
            "the network namespace of the application-controller",
            alive=[process],
        )
        self._close_listeners()
        self._listeners = [socket.socket(fileno=handle) for handle in handles]
        for listener, port in zip(self._listeners, self._reachable(), strict=True):
            relay(listener, ("127.0.0.1", port))

    def wait_ready(self) -> None:
        """Wait until the repo-server and the server say that they are healthy."""
        up = self.processes.values()
        health = f"http://127.0.0.1:{self._repo_health}/healthz"
        wait_for(lambda: _get(health), "the repo-server", alive=up)
        wait_for(lambda: _get(f"{self.url}/healthz"), "the Argo CD server", alive=up)

    def stop(self) -> None:
        """Stop all."""
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in reversed(self.processes.values()):
            process.stop()
        self._close_listeners()

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            close_listener(listener)

    def _reachable(self) -> list[int]:
        """The loopback ports that the application-controller needs."""
        return [self._api_port, self._redis, self._repo]

    def _describe(self) -> list[Process]:
        redis = shutil.which("redis-server")
        if redis is None:
            raise PlaneError("redis-server is not on PATH: install the package redis-server")
        argocd = ensure("argocd")["argocd"]
        needs = [f"--redis=127.0.0.1:{self._redis}"]
        calls = [
            *needs,
            f"--repo-server=127.0.0.1:{self._repo}",
            "--repo-server-timeout-seconds=180",
        ]
        commands: dict[str, list[str | Path]] = {
            "redis-server": [
                redis, "--bind", "127.0.0.1", "--port", str(self._redis), "--save", "",
                "--appendonly", "no", "--dir", str(self._run_dir),
            ],
            "argocd-repo-server": [
                argocd, *needs, "--address=127.0.0.1", f"--port={self._repo}",
                "--metrics-address=127.0.0.1", f"--metrics-port={self._repo_health}",
            ],
            _CONTROLLER: [argocd, *calls],
            "argocd-server": [
                argocd, *calls, "--insecure", "--disable-auth",
                "--address=127.0.0.1", f"--port={self._server}",
                "--metrics-address=127.0.0.1", f"--metrics-port={self._server_metrics}",
                "--dex-server=http://127.0.0.1:1",
            ],
        }  # fmt: skip
        environment = self._environment()
        # Its metrics server listens on all addresses and no option changes that.
        enters = {_CONTROLLER: enter_network(self._inside.fileno(), self._reachable())}
        return [
            Process(
                name,
                command,
                self._run_dir,
                environment={**environment, "ARGOCD_BINARY_NAME": name},
                enter=enters.get(name, ()),
            )
            for name, command in commands.items()
        ]

    def _environment(self) -> dict[str, str]:
        """Return what Argo CD's image gives: data folders, helpers on PATH, this one cluster."""
        data, bin_dir = self._run_dir / "argocd", self._run_dir / "bin"
        for folder in ("tls", "ssh", "gpg/source", "gpg/keys", "plugins"):
            (data / folder).mkdir(parents=True, exist_ok=True)
        (data / "ssh" / "ssh_known_hosts").touch()
        bin_dir.mkdir(exist_ok=True)
        tools = ensure("argocd", "helm4")
        for link, target in {
            "helm": tools["helm4"],
            "argocd-git-ask-pass": tools["argocd"],
            "argocd": tools["argocd"],  # what Git runs to ask for a password
        }.items():
            (bin_dir / link).symlink_to(target)
        wrapper = bin_dir / "git-verify-wrapper.sh"
        shutil.copyfile(ensure_files("argocd") / "hack" / wrapper.name, wrapper)
        wrapper.chmod(0o755)
        return {
            "PATH": f"{bin_dir}:/usr/local/bin:/usr/bin:/bin",
            "KUBECONFIG": str(self._run_dir / "argocd.kubeconfig"),
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_TLS_DATA_PATH": str(data / "tls"),
            "ARGOCD_SSH_DATA_PATH": str(data / "ssh"),
            "ARGOCD_GPG_DATA_PATH": str(data / "gpg/source"),
            "ARGOCD_GNUPGHOME": str(data / "gpg/keys"),
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_PLUGINSOCKFILEPATH": str(data / "plugins"),
            # The default is one fixed path under /tmp, which two planes would share.
            "ARGOCD_ASK_PASS_SOCK": str(data / "ask-pass.sock"),
            # The default of 90 s is for a machine that is not also running everything else.
            "ARGOCD_EXEC_TIMEOUT": "3m",
        }


def push_event(url: str, ref: str, before: str, after: str, changed: list[str]) -> Manifest:
    """Return the part of GitHub's push event that Argo CD reads; `ref` as refs/heads/main."""
    commit = {"id": after, "added": [], "modified": changed, "removed": []}
    repository = {"html_url": url.removesuffix(".git"), "default_branch": "main"}
    return {
        "ref": ref, "before": before, "after": after, "commits": [commit], "repository": repository
    }  # fmt: skip


def post_event(argocd_url: str, event: Manifest) -> None:
    """Send a push event to Argo CD's webhook, as GitHub does. Raises OSError if refused."""
    request = urllib.request.Request(
        f"{argocd_url}/api/webhook",
        json.dumps(event).encode(),
        {"Content-Type": "application/json", "X-GitHub-Event": "push"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


def _get(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
