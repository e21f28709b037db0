"""The Kubernetes control plane as processes: etcd, API server, controllers, scheduler, kwok."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.plane.cluster import Cluster
from tests.plane.ports import reserve_port
from tests.plane.process import Process
from tests.plane.waiting import wait_for
from tests.tools.build import ensure, ensure_files

NODE = "node-1"
# A pod with this annotation is left alone by kwok: tests.plane.pods runs a real process for it.
PROCESS_ANNOTATION = "plane.agentsmith.test/process"
_NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
_STAGES = (
    "node/fast/node-initialize", "node/heartbeat/node-heartbeat",
    "pod/fast/pod-ready", "pod/fast/pod-complete", "pod/fast/pod-delete",
)  # fmt: skip


class ControlPlane:
    """A cluster of one fake node; everything listens on 127.0.0.1, ports last over restarts."""

    def __init__(self, run_dir: Path, egress: Path) -> None:
        """Choose ports, write keys, token and kubeconfig-to-be; start nothing."""
        self.run_dir = run_dir
        self.port = reserve_port()
        self.kubeconfig = run_dir / "kubeconfig"
        self.ca = run_dir / "pki" / "apiserver.crt"
        self._token = secrets.token_hex(16)
        self._write_inputs(egress)
        self.processes = {process.name: process for process in self._describe()}

    def start(self) -> Cluster:
        """Start all; return once the API answers and the fake node is ready."""
        processes = self.processes
        processes["etcd"].start()
        processes["kube-apiserver"].start()
        up = [processes["etcd"], processes["kube-apiserver"]]
        wait_for(self.ca.exists, "the API server's certificate", alive=up)
        self._write_kubeconfig()
        cluster = Cluster(self.kubeconfig)
        wait_for(lambda: cluster.request("GET", "/readyz"), "the API server", alive=up)
        for process in processes.values():
            process.start()
        cluster.apply(_node())
        cluster.request("PATCH", f"/api/v1/nodes/{NODE}/status", {
            "status": {name: {"cpu": "64", "memory": "256Gi", "pods": "1000"}
                       for name in ("capacity", "allocatable")},
        }, "application/merge-patch+json")  # fmt: skip
        return cluster

    def wait_ready(self, cluster: Cluster) -> None:
        """Wait until pods can be made and scheduled: a ready node, a default service account."""
        wait_for(
            lambda: _is_ready(cluster.get("v1", "Node", NODE)),
            "the fake node",
            alive=self.processes.values(),
        )
        wait_for(
            lambda: cluster.get("v1", "ServiceAccount", "default", "default"),
            "the controllers",
            alive=self.processes.values(),
        )

    def stop(self) -> None:
        """Stop all, the API server before its store."""
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in reversed(self.processes.values()):
            process.stop()

    def wipe(self) -> None:
        """Forget every object; only when stopped. Address and credentials stay."""
        shutil.rmtree(self.run_dir / "etcd", ignore_errors=True)

    def _write_inputs(self, egress: Path) -> None:
        pki = self.run_dir / "pki"
        pki.mkdir(parents=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        (pki / "service-account.key").write_bytes(pem)
        (pki / "tokens.csv").write_text(f'{self._token},admin,admin,"system:masters"\n')
        selection = {
            "name": "cluster",
            "connection": {
                "proxyProtocol": "HTTPConnect",
                # A socket file: with a plain TCP address the API server of 1.36 crashes.
                "transport": {"uds": {"udsName": str(egress)}},
            },
        }
        selector = {
            "apiVersion": "apiserver.k8s.io/v1beta1",
            "kind": "EgressSelectorConfiguration",
            "egressSelections": [selection],
        }
        (self.run_dir / "egress.yaml").write_text(json.dumps(selector))
        (self.run_dir / "stages.yaml").write_text(yaml.safe_dump_all(_stages()))

    def _write_kubeconfig(self) -> None:
        name = "agentsmith-plane"
        ca = base64.b64encode(self.ca.read_bytes()).decode()
        server = {"server": f"https://127.0.0.1:{self.port}", "certificate-authority-data": ca}
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(yaml.safe_dump({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": server}],
            "users": [{"name": name, "user": {"token": self._token}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }))  # fmt: skip

    def _describe(self) -> list[Process]:
        binaries = ensure(*_NAMES)
        etcd, peer = (f"http://127.0.0.1:{reserve_port()}" for _ in range(2))
        pki = self.run_dir / "pki"
        to_api = f"--kubeconfig={self.kubeconfig}"
        arguments: dict[str, list[str]] = {
            "etcd": [
                f"--data-dir={self.run_dir / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn",
                f"--listen-client-urls={etcd}", f"--advertise-client-urls={etcd}",
                f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
            ],
            "kube-apiserver": [
                f"--etcd-servers={etcd}", f"--secure-port={self.port}", f"--cert-dir={pki}",
                "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
                # Loopback is not allowed as an endpoint of the `kubernetes` Service.
                "--endpoint-reconciler-type=none",
                f"--token-auth-file={pki / 'tokens.csv'}", "--authorization-mode=RBAC",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={pki / 'service-account.key'}",
                f"--service-account-signing-key-file={pki / 'service-account.key'}",
                "--service-cluster-ip-range=10.96.0.0/16",
                f"--egress-selector-config-file={self.run_dir / 'egress.yaml'}",
            ],
            "kube-controller-manager": [
                to_api, "--bind-address=127.0.0.1", f"--secure-port={reserve_port()}",
                "--use-service-account-credentials", f"--root-ca-file={self.ca}",
                f"--service-account-private-key-file={pki / 'service-account.key'}",
                "--leader-elect=false",
            ],
            "kube-scheduler": [
                to_api, "--bind-address=127.0.0.1", f"--secure-port={reserve_port()}",
                "--leader-elect=false",
            ],
            "kwok": [
                to_api, "--manage-all-nodes=true", f"--config={self.run_dir / 'stages.yaml'}",
                "--cidr=10.244.0.1/16", "--node-ip=10.88.0.1",
            ],
        }  # fmt: skip
        return [Process(n, [binaries[n], *arguments[n]], self.run_dir) for n in _NAMES]


def _node() -> dict[str, object]:
    labels = {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux", "type": "kwok"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": labels}}


def _is_ready(node: dict[str, dict[str, list[dict[str, str]]]] | None) -> bool:
    conditions = (node or {}).get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _stages() -> list[dict[str, dict[str, dict[str, list[dict[str, str]]]]]]:
    folder = ensure_files("kwok") / "kustomize" / "stage"
    stages = []
    for name in _STAGES:
        stage = yaml.safe_load((folder / f"{name}.yaml").read_text())
        if name.startswith("pod/"):
            key = f'.metadata.annotations["{PROCESS_ANNOTATION}"]'
            selector = stage["spec"]["selector"]["matchExpressions"]
            selector.append({"key": key, "operator": "DoesNotExist"})
        stages.append(stage)
    return stages
