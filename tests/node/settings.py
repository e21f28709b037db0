"""Configuration files of the node's servers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import yaml

from tests.node.image_set import PAUSE
from tests.node.machine import cni_folder
from tests.node.network import NODE_IP

POD_CIDR = "10.244.0.0/16"
SERVICE_CIDR = "10.96.0.0/16"
API_SERVICE_IP = "10.96.0.1"
DNS_SERVICE_IP = "10.96.0.10"
DNS_DOMAIN = "cluster.local"


def write_containerd(folder: Path, name: str) -> Path:
    """Write the configuration of containerd and of its pod network called `name`."""
    networks = folder / "cni"
    networks.mkdir(parents=True)
    # Every pod on a link of its own: answers go through the node even without br_netfilter.
    link = {
        "type": "ptp",
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "dataDir": str(folder / "addresses"),
            "ranges": [[{"subnet": POD_CIDR.replace("/16", "/24")}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    network = {"cniVersion": "1.0.0", "name": name, "plugins": [link]}
    (networks / "10-pods.conflist").write_text(json.dumps(network))
    config = folder / "config.toml"
    config.write_text(f"""
version = 3
root = "{folder / "root"}"
state = "{folder / "state"}"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
address = "{socket(folder)}"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{PAUSE}"

[plugins."io.containerd.cri.v1.runtime"]
# Without CAP_SYS_RESOURCE a sandbox can't lower its OOM score, and every pod would fail.
restrict_oom_score_adj = true
# So that unmounting what is under one folder leaves no namespace behind.
netns_mounts_under_state_dir = true
enable_cdi = false

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["{cni_folder()}"]
conf_dir = "{networks}"
# The plugin would leave a note in a folder of the whole machine.
use_internal_loopback = true

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "{shutil.which("runc")}"
Root = "{folder / "runc"}"
SystemdCgroup = false
""")
    return config


def socket(folder: Path) -> Path:
    """Return the path of containerd's socket; `folder` as for `write_containerd`."""
    return folder / "containerd.sock"


def write_kubelet(folder: Path, containerd: Path, ca: Path, cgroup: str) -> Path:
    """Write the kubelet's configuration; pods go below `cgroup` of each hierarchy."""
    folder.mkdir(parents=True)
    (folder / "resolv.conf").write_text("")  # what a pod inherits from the node: nothing
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_IP,
        "healthzBindAddress": "127.0.0.1",
        "containerRuntimeEndpoint": f"unix://{socket(containerd)}",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(ca)},
        },
        "authorization": {"mode": "Webhook"},
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroup}",
        "clusterDNS": [DNS_SERVICE_IP],
        "clusterDomain": DNS_DOMAIN,
        "resolvConf": str(folder / "resolv.conf"),
        "podLogsDir": str(folder / "logs"),
        "volumePluginDir": str(folder / "volume-plugins"),
        "makeIPTablesUtilChains": False,
        "failSwapOn": False,
        # A full disk of the machine is not what is tested.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "1Mi", "nodefs.available": "1Mi"},
    }))  # fmt: skip
    return config


def write_kube_proxy(folder: Path, kubeconfig: Path) -> Path:
    """Write kube-proxy's configuration."""
    folder.mkdir(parents=True)
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clusterCIDR": POD_CIDR,
        "clientConnection": {"kubeconfig": str(kubeconfig)},
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        # These are limits of the machine, not of the namespace.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s",
                      "tcpCloseWaitTimeout": "0s"},
    }))  # fmt: skip
    return config


def write_coredns(folder: Path, kubeconfig: Path) -> Path:
    """Write CoreDNS's configuration: the cluster's own names and nothing else."""
    folder.mkdir(parents=True)
    config = folder / "Corefile"
    config.write_text(f""".:53 {{
    bind {NODE_IP}
    errors
    ready 127.0.0.1:8181
    kubernetes {DNS_DOMAIN} in-addr.arpa {{
        kubeconfig {kubeconfig}
    }}
    cache 5
}}
""")
    return config
