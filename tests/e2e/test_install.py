"""`bootstrap up --install` on a cluster that has nothing: from archives, as far as Argo CD goes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.plane.argocd import ArgoCD
from tests.plane.cluster import Cluster
from tests.plane.control_plane import ControlPlane
from tests.plane.git_server import GitServer
from tests.plane.waiting import wait_for
from tests.support.workspace import Workspace, make_workspace
from tests.tools.build import ensure, ensure_files

APPLICATION = ("argoproj.io/v1alpha1", "Application")
PLATFORM = ("agentsmith-platform", "argo-cd", "sealed-secrets")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A cluster on which nothing is installed."""
    run_dir = tmp_path_factory.mktemp("bare")
    plane = ControlPlane(run_dir, run_dir / "egress.sock")
    plane.start()
    plane.wait_ready(Cluster(plane.kubeconfig))
    yield plane
    plane.stop()


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Archives of upstream's chart of sealed-secrets, and of its manifests of Argo CD as a chart.

    Argo CD's own chart is not in its Go module.
    """
    folder = tmp_path_factory.mktemp("charts")
    argo_cd = folder / "argo-cd"
    (argo_cd / "templates").mkdir(parents=True)
    (argo_cd / "Chart.yaml").write_text("apiVersion: v2\nname: argo-cd\nversion: 0.0.1\n")
    (argo_cd / "templates/all.yaml").write_text('{{ .Files.Get "install.yaml" }}\n')
    shutil.copy(ensure_files("argocd") / "manifests/install.yaml", argo_cd)
    sealed = ensure_files("sealed-secrets") / "helm/sealed-secrets"
    for chart in (argo_cd, sealed):
        subprocess.run(
            [ensure("helm4")["helm4"], "package", chart, "--destination", folder],
            check=True,
            capture_output=True,
        )
    return folder


@pytest.fixture
def fork(
    bare: ControlPlane, git_server: GitServer, unique_name: Callable[[str], str], tmp_path: Path
) -> Workspace:
    """A fork whose owner has Helm and the bare cluster."""
    made = make_workspace(tmp_path, git_server.create(unique_name("")))
    helm = str(ensure("helm4")["helm4"])
    return replace(made, environment={"KUBECONFIG": str(bare.kubeconfig), "BOOTSTRAP_HELM": helm})


def test_a_bare_cluster_gets_both_and_argocd_then_keeps_itself(
    bare: ControlPlane, archives: Path, fork: Workspace, tmp_path: Path
) -> None:
    cluster = Cluster(bare.kubeconfig)
    install = ["up", "--install", "--charts", str(archives), "--no-wait"]
    fork.bootstrap("init", "prod")
    fork.push("Add environment prod")

    written = fork.bootstrap(*install, check=False)
    nothing_yet = cluster.get("v1", "Namespace", "argocd")
    fork.push("Add the platform")
    first = fork.bootstrap(*install, "-o", "json")
    before = specs(cluster)
    second = fork.bootstrap(*install, "-o", "json")

    assert written.returncode == 1
    assert "created: argocd/platform/charts/sealed-secrets/Chart.yaml" in written.stderr
    assert "error: not committed yet: argocd/platform-project.yaml" in written.stderr
    assert nothing_yet is None
    assert "Application agentsmith-platform created" in first.stderr
    assert "Application agentsmith-platform unchanged" in second.stderr
    assert "installing" not in second.stderr
    assert {item["action"] for item in json.loads(second.stdout)["applied"]} == {"unchanged"}
    assert specs(cluster) == before
    assert {"argocd-server", "argocd-repo-server", "sealed-secrets-controller"} <= before.keys()

    argocd = ArgoCD(tmp_path / "argocd", bare.kubeconfig, bare.port)
    argocd.start()
    try:
        argocd.wait_ready()
        wait_for(lambda: adopted(cluster), "Argo CD to take over itself", timeout=60)
    finally:
        argocd.stop()
    assert specs(cluster) == before, "taking over changes nothing"


def adopted(cluster: Cluster) -> bool:
    """Tell whether every Application of the platform is Synced, after a sync that it needed or not.

    Raises AssertionError that says where they are.
    """
    states = {}
    for name in PLATFORM:
        status = (cluster.get(*APPLICATION, name, "argocd") or {}).get("status", {})
        sync = status.get("sync", {}).get("status")
        states[name] = f"{sync} {status.get('operationState', {}).get('phase', 'Succeeded')}"
    assert set(states.values()) == {"Synced Succeeded"}, states
    return True


def specs(cluster: Cluster) -> dict[str, Any]:
    """Return what every Deployment and StatefulSet of the platform says of its pods.

    Not the generation: an annotation, such as that of Argo CD's tracking, counts in it.
    """
    return {
        item["metadata"]["name"]: item["spec"]
        for namespace in ("argocd", "kube-system")
        for kind in ("Deployment", "StatefulSet")
        for item in cluster.list("apps/v1", kind, namespace)
    }
