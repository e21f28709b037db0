"""`bootstrap doctor` against real servers: it says before a push what `up` would say after it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.plane.cluster import Manifest
from tests.plane.target import Target
from tests.support.workspace import Workspace


def test_before_and_after_up_a_healthy_environment_has_no_errors(workspace: Workspace) -> None:
    workspace.bootstrap("init", "prod")
    workspace.bootstrap("seal", "-", input="githubToken: token\n")
    unpushed = _doctor(workspace)
    workspace.push("Add environment prod")
    before = _doctor(workspace)
    workspace.bootstrap("up", "prod")
    after = _doctor(workspace)

    assert _of(unpushed, "git")["severity"] == "warning"
    assert _of(unpushed, "git")["what"].startswith("not committed yet: ")
    assert _of(before, "prod: controller")["severity"] == "info"
    assert _of(before, "argocd")["severity"] == "info"
    assert (before["errors"], after["errors"], after["warnings"]) == (0, 0, 0)
    for check in ("kubernetes", "sealed-secrets", "clock", "rights", "prod: controller"):
        assert _of(after, check)["severity"] == "ok", check


@pytest.fixture
def old_argocd(plane: Target) -> Iterator[None]:
    """A Deployment of Argo CD, without pods, whose image is of an old version."""
    cluster = plane.cluster
    server: Manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "old-argocd-server", "namespace": "argocd"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "old"}},
            "template": {
                "metadata": {"labels": {"app": "old"}},
                "spec": {
                    "containers": [{"name": "server", "image": "quay.io/argoproj/argocd:v2.14.1"}]
                },
            },
        },
    }
    cluster.apply(server)
    yield
    cluster.delete("apps/v1", "Deployment", "old-argocd-server", "argocd")


def test_an_old_argocd_is_told_from_its_image(workspace: Workspace, old_argocd: None) -> None:
    workspace.bootstrap("init", "prod")
    workspace.push("Add environment prod")

    done = workspace.bootstrap("doctor", check=False)

    assert done.returncode == 1
    assert "error    argocd: Argo CD 2.14.1 is older than 3.3.0" in done.stdout


@pytest.fixture
def guest(plane: Target, tmp_path: Path, unique_name: Callable[[str], str]) -> Iterator[Path]:
    """The kubeconfig of a service account that may do nothing."""
    cluster, name = plane.cluster, unique_name("")
    account = {"apiVersion": "v1", "kind": "ServiceAccount"}
    cluster.apply({**account, "metadata": {"name": name, "namespace": "default"}})
    path = cluster.path("v1", "ServiceAccount", "default", name) + "/token"
    answer = cluster.request("POST", path, {"spec": {"expirationSeconds": 600}})
    config: dict[str, Any] = yaml.safe_load(plane.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": json.loads(answer)["status"]["token"]}
    file = tmp_path / "guest.kubeconfig"
    file.write_text(yaml.safe_dump(config))
    yield file
    cluster.delete("v1", "ServiceAccount", name, "default")


def test_rights_that_up_would_miss_are_named(workspace: Workspace, guest: Path) -> None:
    workspace.bootstrap("init", "prod")
    workspace.push("Add environment prod")
    as_guest = Workspace(workspace.root, workspace.remote_url, {"KUBECONFIG": str(guest)})

    done = as_guest.bootstrap("doctor", "-o", "json", check=False)

    assert done.returncode == 1
    errors = [x for x in json.loads(done.stdout)["findings"] if x["severity"] == "error"]
    missing = {item["what"] for item in errors if item["check"] == "rights"}
    assert "you may not patch applications.argoproj.io -n argocd" in missing
    assert "you may not list services --all-namespaces" in missing


def _doctor(workspace: Workspace) -> dict[str, Any]:
    done: subprocess.CompletedProcess[str] = workspace.bootstrap("doctor", "-o", "json")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _of(result: dict[str, Any], check: str) -> dict[str, Any]:
    """Return the worst finding of a check."""
    order = ["ok", "info", "warning", "error"]
    found = [item for item in result["findings"] if item["check"] == check]
    worst: dict[str, Any] = max(found, key=lambda item: order.index(item["severity"]))
    return worst
