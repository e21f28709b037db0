"""`bootstrap destroy`: what is left in the API server afterwards, and what is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.chart.live import Hooks, agent_job, for_fake_pods, need_fake_pods
from tests.e2e.loop import Live
from tests.plane.cluster import Cluster
from tests.plane.target import Target
from tests.support.workspace import Workspace

STAGING = "agentsmith-staging"


def test_a_destroyed_environment_leaves_no_object_and_the_other_untouched(
    plane: Target, workspace: Workspace, tmp_path: Path
) -> None:
    need_fake_pods(plane.cluster)
    for name in ("prod", "staging"):
        workspace.bootstrap("init", name)
        workspace.bootstrap("seal", "-", "--env", name, input="githubToken: token\n")
    values = workspace.root / "environments/staging/values.yaml"
    edited = YAML().load(values.read_text())
    for_fake_pods(edited)
    YAML().dump(edited, values)
    commit = workspace.push("Add environments")
    # Argo CD has been seen to go on before its hook ran: the Job must be gone either way
    with Hooks(plane.cluster, plane.kubeconfig, STAGING, tmp_path):
        workspace.bootstrap("up")
        plane.cluster.apply(
            agent_job("agentsmith-0123456789ab", **{"app": "agentsmith", "job-id": "x"}), STAGING
        )
        prod = Live(plane, "prod", "agentsmith-prod")
        before = prod.deployment()["metadata"]["generation"], prod.secret()
        assert prod.at(commit)

        done = workspace.bootstrap("destroy", "staging", "--yes", "--wait", "-o", "json")
        again = workspace.bootstrap("destroy", "staging", "--yes", "--wait", "-o", "json")

    assert objects_in(plane.cluster, STAGING) == []
    assert plane.cluster.get("v1", "Namespace", STAGING) is None
    assert (prod.deployment()["metadata"]["generation"], prod.secret()) == before
    result = json.loads(done.stdout)
    assert (result["next"], result["namespace"]["end"]) == ("nothing", "deleted")
    assert [[item["path"] for item in step["files"]] for step in result["steps"]] == [
        ["argocd/applications/staging.yaml"],
        [
            "argocd/project.yaml",
            "environments/staging/agentsmith.yml",
            "environments/staging/sealed-secret.yaml",
            "environments/staging/sealing-cert.pem",
            "environments/staging/values.yaml",
        ],
    ]
    assert "environments/staging/sealing-key.local.pem" in result["localFiles"]
    assert (workspace.root / "environments/staging/sealing-key.local.pem").exists()
    assert workspace.git("status", "--porcelain") == ""
    assert workspace.git("rev-parse", "HEAD") == workspace.git("rev-parse", "origin/main")
    assert json.loads(again.stdout)["changed"] is False


def test_the_last_environment_goes_and_a_namespace_of_others_stays(
    plane: Target, workspace: Workspace
) -> None:
    cluster = plane.cluster
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": STAGING}})
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}}
    cluster.apply(foreign, STAGING)
    try:
        workspace.bootstrap("init", "staging")
        workspace.bootstrap("seal", "-", input="githubToken: token\n")
        workspace.push("Add environment staging")
        workspace.bootstrap("up")

        pushed = workspace.bootstrap("destroy", "staging", "--yes", "--push")
        early = workspace.bootstrap("destroy", "staging", "--yes", "--push", check=False)
        done = workspace.bootstrap("destroy", "staging", "--yes", "--wait", "-o", "json")

        left = objects_in(cluster, STAGING)
    finally:
        cluster.delete("v1", "Namespace", STAGING)

    assert "\nnext, when it has: bootstrap destroy staging --push\n" in pushed.stderr
    assert early.returncode == 1
    assert early.stderr.splitlines()[-2:] == [
        "error: Argo CD has not deleted Application agentsmith-staging yet",
        "  fix: run this again when it has, or with --wait, which sees it through",
    ]
    assert left == ["ConfigMap kube-root-ca.crt", "ConfigMap theirs", "ServiceAccount default"]
    result = json.loads(done.stdout)
    assert result["next"] == "nothing"
    assert result["namespace"]["end"] == "kept"
    assert result["namespace"]["foreign"] == ["ConfigMap theirs"]
    assert not workspace.git("ls-files", "environments", "argocd/applications")


def test_an_environment_that_never_synced_goes_though_its_hook_can_not_start(
    plane: Target, workspace: Workspace
) -> None:
    workspace.bootstrap("init", "prod")
    workspace.bootstrap("init", "staging", "--sync", "manual")
    workspace.push("Add environments")
    workspace.bootstrap("up", "--no-wait")

    done = workspace.bootstrap("destroy", "staging", "--yes", "--wait")

    assert plane.cluster.get("argoproj.io/v1alpha1", "Application", "agentsmith-staging") is None
    assert "namespace agentsmith-staging is not there" in done.stderr


def objects_in(cluster: Cluster, namespace: str) -> list[str]:
    """Return every object of every kind that the API server has in a namespace, less events."""
    groups = json.loads(cluster.request("GET", "/apis"))["groups"]
    versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
    found = []
    for version in versions:
        root = f"/api/{version}" if version == "v1" else f"/apis/{version}"
        resources: list[dict[str, Any]] = json.loads(cluster.request("GET", root))["resources"]
        for resource in resources:
            if resource["namespaced"] and "list" in resource["verbs"]:
                path = f"{root}/namespaces/{namespace}/{resource['name']}"
                items = json.loads(cluster.request("GET", path))["items"]
                found += [f"{resource['kind']} {item['metadata']['name']}" for item in items]
    return sorted(name for name in found if not name.startswith("Event "))
