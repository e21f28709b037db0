"""The node's servers as processes: control plane, container runtime, kubelet, proxy, DNS."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from tests.node import settings
from tests.node.network import NODE_IP, Network
from tests.node.pki import Authority, private_pem
from tests.plane.process import Process
from tests.tools.build import ensure

NODE = "node-1"
API_PORT = 6443
CONTAINERD = "containerd"
_API = f"https://{NODE_IP}:{API_PORT}"
_ETCD = "http://127.0.0.1:2379"
_PEER = "http://127.0.0.1:2380"
_TOOLS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", CONTAINERD,
    "containerd-shim-runc-v2", "kubelet", "kube-proxy", "coredns",
)  # fmt: skip


class Servers:
    """Inputs and processes of one node; the namespace is its own, so ports are the usual ones."""

    def __init__(self, run_dir: Path, network: Network) -> None:
        """Write every input below `run_dir`; start nothing."""
        self.run_dir = run_dir
        self.authority = Authority(run_dir / "pki")
        self.admin = self._kubeconfig("admin", "admin", "system:masters")
        self.containerd = run_dir / CONTAINERD
        self.processes = self._describe(network)

    @property
    def containerd_socket(self) -> Path:
        """The socket of containerd."""
        return settings.socket(self.containerd)

    def admin_at(self, path: Path, server: str) -> Path:
        """Write an administrator's kubeconfig for the API server's address from elsewhere."""
        return self.authority.kubeconfig(path, server, "admin", "system:masters")

    def _kubeconfig(self, file: str, name: str, group: str = "") -> Path:
        path = self.run_dir / f"{file}.kubeconfig"
        return self.authority.kubeconfig(path, _API, name, group)

    def _describe(self, network: Network) -> dict[str, Process]:
        tools = ensure(*_TOOLS)
        arguments = {
            "etcd": self._etcd(),
            "kube-apiserver": self._apiserver(),
            CONTAINERD: [f"--config={settings.write_containerd(self.containerd, network.name)}"],
            "kube-controller-manager": self._controller_manager(),
            "kube-scheduler": self._scheduler(),
            "kubelet": self._kubelet(network.name),
            "kube-proxy": self._kube_proxy(),
            "coredns": self._coredns(),
        }
        shim = tools["containerd-shim-runc-v2"].parent
        environment = {"PATH": f"{shim}:{os.environ['PATH']}"}
        return {
            name: Process(
                name, [tools[name], *args], self.run_dir, environment=environment,
                enter=network.enter,
            )
            for name, args in arguments.items()
        }  # fmt: skip

    def _etcd(self) -> list[str]:
        return [
            f"--data-dir={self.run_dir / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn",
            f"--listen-client-urls={_ETCD}", f"--advertise-client-urls={_ETCD}",
            f"--listen-peer-urls={_PEER}", f"--initial-advertise-peer-urls={_PEER}",
            f"--initial-cluster=default={_PEER}",
        ]  # fmt: skip

    def _apiserver(self) -> list[str]:
        hosts = (
            NODE_IP, "127.0.0.1", settings.API_SERVICE_IP, "localhost", "kubernetes",
            "kubernetes.default", "kubernetes.default.svc",
        )  # fmt: skip
        certificate, key = self.authority.issue("apiserver", "kube-apiserver", hosts=hosts)
        client, client_key = self.authority.issue(
            "apiserver-kubelet", "kube-apiserver", "system:masters"
        )
        signing = self.run_dir / "pki" / "service-account.key"
        signing.touch(mode=0o600)
        signing.write_bytes(private_pem(ec.generate_private_key(ec.SECP256R1())))
        return [
            f"--etcd-servers={_ETCD}", f"--secure-port={API_PORT}",
            f"--advertise-address={NODE_IP}", "--anonymous-auth=false",
            "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
            f"--client-ca-file={self.authority.certificate}",
            f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
            f"--kubelet-client-certificate={client}", f"--kubelet-client-key={client_key}",
            # The node's name is in no DNS.
            "--kubelet-preferred-address-types=InternalIP",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={signing}",
            f"--service-account-signing-key-file={signing}",
            f"--service-cluster-ip-range={settings.SERVICE_CIDR}",
        ]  # fmt: skip

    def _controller_manager(self) -> list[str]:
        user = "system:kube-controller-manager"
        return [
            f"--kubeconfig={self._kubeconfig('kube-controller-manager', user)}",
            "--bind-address=127.0.0.1", "--leader-elect=false", "--allocate-node-cidrs=false",
            "--use-service-account-credentials", f"--root-ca-file={self.authority.certificate}",
            f"--service-account-private-key-file={self.run_dir / 'pki' / 'service-account.key'}",
        ]  # fmt: skip

    def _scheduler(self) -> list[str]:
        kubeconfig = self._kubeconfig("kube-scheduler", "system:kube-scheduler")
        return [f"--kubeconfig={kubeconfig}", "--bind-address=127.0.0.1", "--leader-elect=false"]

    def _kubelet(self, cgroup: str) -> list[str]:
        folder = self.run_dir / "kubelet"
        ca = self.authority.certificate
        kubeconfig = self._kubeconfig("kubelet", f"system:node:{NODE}", "system:nodes")
        return [
            f"--config={settings.write_kubelet(folder, self.containerd, ca, cgroup)}",
            f"--kubeconfig={kubeconfig}", f"--root-dir={folder / 'root'}",
            f"--cert-dir={folder / 'pki'}", f"--node-ip={NODE_IP}", f"--hostname-override={NODE}",
        ]  # fmt: skip

    def _kube_proxy(self) -> list[str]:
        kubeconfig = self._kubeconfig("kube-proxy", "system:kube-proxy")
        config = settings.write_kube_proxy(self.run_dir / "kube-proxy", kubeconfig)
        return [f"--config={config}", f"--hostname-override={NODE}"]

    def _coredns(self) -> list[str]:
        kubeconfig = self._kubeconfig("coredns", "coredns", "system:masters")
        return ["-conf", str(settings.write_coredns(self.run_dir / "coredns", kubeconfig))]
