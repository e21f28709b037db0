"""The sealed-secrets controller: upstream's chart in the API, upstream's binary for its pod."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import yaml

from tests.plane.cluster import Cluster, Manifest
from tests.plane.control_plane import PROCESS_ANNOTATION
from tests.plane.namespaces import unshare
from tests.plane.pods import Workload
from tests.plane.ports import reserve_port
from tests.plane.process import Process
from tests.tools.build import ensure, ensure_files
from tests.tools.catalog import TOOLS

NAMESPACE = "kube-system"
NAME = "sealed-secrets"  # of the Deployment and the Service: the chart's name, not the manifests'

# The controller reads only the in-cluster configuration, from this fixed folder: the process sees
# a /var/run of its own, in which that folder is the pod's.
_MOUNT = """
set -e
mount -t tmpfs tmpfs /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
mount --bind "$0" /var/run/secrets/kubernetes.io/serviceaccount
exec "$@"
"""


class Release(StrEnum):
    """Which sealed-secrets: the value ends the names of its tools in tests/tools/catalog.py."""

    NEWEST = ""
    OLDEST = "-oldest"

    @property
    def controller(self) -> str:
        """The tool that is its controller."""
        return f"sealed-secrets-controller{self}"

    @property
    def kubeseal(self) -> str:
        """The tool that is its kubeseal."""
        return f"kubeseal{self}"


def render(release: Release) -> list[Manifest]:
    """Return upstream's chart with its defaults, its pods marked as processes of ours.

    The image is tagged with what runs: the chart in a release names the controller before it.
    """
    chart = ensure_files(f"sealed-secrets{release}") / "helm" / "sealed-secrets"
    tag = TOOLS[release.controller].version().removeprefix("v")
    values = json.dumps({PROCESS_ANNOTATION: NAME})
    rendered = subprocess.run(
        [ensure("helm4")["helm4"], "template", NAME, chart, f"--namespace={NAMESPACE}",
         "--include-crds", "--set-json", f"podAnnotations={values}",
         "--set-string", f"image.tag={tag}"],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    return [manifest for manifest in yaml.load_all(rendered, yaml.CSafeLoader) if manifest]


def workload_maker(
    release: Release, cluster: Cluster, run_dir: Path, api_port: int, ca: Path
) -> Callable[[Manifest], Workload]:
    """Return what makes the process of a controller pod, with the pod's own arguments."""

    def make(pod: Manifest) -> Workload:
        name = pod["metadata"]["name"]
        port, metrics = reserve_port(), reserve_port()
        account = run_dir / "pods" / name
        account.mkdir(parents=True, exist_ok=True)
        (account / "token").write_text(_token(cluster, pod["spec"]["serviceAccountName"]))
        (account / "ca.crt").write_bytes(ca.read_bytes())
        (account / "namespace").write_text(NAMESPACE)
        process = Process(
            name,
            [
                ensure(release.controller)[release.controller],
                *pod["spec"]["containers"][0]["args"],
                f"--listen-addr=127.0.0.1:{port}",
                f"--listen-metrics-addr=127.0.0.1:{metrics}",
            ],
            run_dir,
            environment={
                "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                "KUBERNETES_SERVICE_PORT": str(api_port),
            },
            enter=[*unshare("mount"), "sh", "-c", _MOUNT, account],
        )
        addresses = {8080: ("127.0.0.1", port), 8081: ("127.0.0.1", metrics)}
        return Workload(process, addresses, lambda: _answers(port))

    return make


def _token(cluster: Cluster, account: str) -> str:
    path = cluster.path("v1", "ServiceAccount", NAMESPACE, account) + "/token"
    wanted = {"spec": {"expirationSeconds": 86400}}
    return str(json.loads(cluster.request("POST", path, wanted))["status"]["token"])


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
