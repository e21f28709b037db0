"""Two repositories, one Argo CD: neither touches what the other has, and one that moved is known.

Seen before: the second repository's `up` made the first one's root its own, which pruned the
first's Applications, and their finalizers took the workloads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chart.live import with_tools
from tests.e2e.loop import OURS, Live
from tests.plane.git_server import GitServer
from tests.plane.target import Target
from tests.support.workspace import Workspace, make_workspace
from tests.tools.build import ensure

_APPLICATION = ("argoproj.io/v1alpha1", "Application")
_PROJECT = ("argoproj.io/v1alpha1", "AppProject")
_SECRETS = "secrets:\n  github-token: ghp-{}\n"


@pytest.fixture
def second(
    plane: Target, git_server: GitServer, unique_name: Callable[[str], str], tmp_path: Path
) -> Iterator[Workspace]:
    """Another team's fork, with a remote of its own."""
    folder = tmp_path / "second"
    folder.mkdir()
    url = git_server.create(unique_name("b-"))
    return make_workspace(folder, url, {"KUBECONFIG": str(plane.kubeconfig)})


def test_neither_of_two_repositories_touches_what_the_other_has(
    plane: Target, workspace: Workspace, second: Workspace
) -> None:
    prod = Live(plane, "prod", "agentsmith-prod")
    workspace.bootstrap("init", "prod")
    seal(workspace)
    workspace.push("Add environment prod")
    workspace.bootstrap("up", "prod")
    second.bootstrap("init", "prod")
    second.bootstrap("init", "qa")
    second.push("Add environments prod and qa")
    before = fingerprint(plane, prod)

    refused = {
        command: second.bootstrap(*command.split(), check=False, input="s3cret\n")
        for command in (
            "up qa",
            "up",
            "up --install",
            "repo add --username git --password-stdin",
            "resume prod",
            "pause prod --push --wait",
            "upgrade prod --dispatcher :9 --push --wait",
            "destroy prod --yes --wait",
            "destroy prod --yes",
        )
    }
    doctor = json.loads(second.bootstrap("doctor", "-o", "json", check=False).stdout)
    status = json.loads(second.bootstrap("status", "-o", "json").stdout)

    for command, done in refused.items():
        assert done.returncode == 1, (command, done.stderr)
        assert workspace.remote_url in done.stderr, (command, done.stderr)
        assert second.remote_url in done.stderr, (command, done.stderr)
        assert "bootstrap rename NAME" in done.stderr, command
    assert second.git("status", "--porcelain") == ""
    assert second.git("rev-parse", "HEAD") == second.git("rev-parse", "origin/main")
    errors = [item for item in doctor["findings"] if item["severity"] == "error"]
    assert any(workspace.remote_url in item["what"] for item in errors), doctor
    assert workspace.remote_url in status["root"]["message"]
    by_name = {item["name"]: item for item in status["environments"]}
    assert (by_name["prod"]["state"], by_name["prod"]["health"]) == ("failed", None)
    assert fingerprint(plane, prod) == before

    second.bootstrap("rename", "team-b")
    seal(second, "--env", "qa")
    second.push("Name the repository team-b")
    second.bootstrap("up")
    qa = "team-b-qa"
    assert plane.cluster.get("apps/v1", "Deployment", "agentsmith-dispatcher", qa)
    assert fingerprint(plane, prod) == before
    first = workspace.bootstrap("doctor", check=False)
    assert "error" not in first.stdout, first.stdout

    second.bootstrap("upgrade", "qa", "--dispatcher", ":1.1", "--push", "--wait")
    second.bootstrap("rollback", "qa", "--push", "--wait")
    second.bootstrap("destroy", "qa", "--yes", "--wait")
    assert plane.cluster.get(*_APPLICATION, qa, "argocd") is None
    assert fingerprint(plane, prod) == before
    status = json.loads(second.bootstrap("status", "-o", "json").stdout)
    assert [item["name"] for item in status["environments"]] == ["prod"]

    workspace.bootstrap("destroy", "prod", "--yes", "--wait")
    assert plane.cluster.get(*_APPLICATION, "team-b-prod", "argocd") is not None
    assert second.bootstrap("status", "prod", "--exit-code").returncode == 0


def test_a_repository_that_moved_is_adopted_and_no_pod_notices(
    plane: Target, workspace: Workspace, git_server: GitServer, unique_name: Callable[[str], str]
) -> None:
    prod = Live(plane, "prod", "agentsmith-prod")
    workspace.bootstrap("init", "prod")
    seal(workspace)
    workspace.push("Add environment prod")
    workspace.bootstrap("up", "prod")
    before = fingerprint(plane, prod)["pods"], uid(plane, "agentsmith-prod")

    new = git_server.create(unique_name("moved-"))
    workspace.git("remote", "set-url", "origin", new)
    workspace.git("push", "--quiet", "origin", "main")
    silent = workspace.bootstrap("init", "staging", check=False)
    told = workspace.bootstrap("doctor", check=False)
    workspace.bootstrap("init", "--all", "--repo-url", new)
    workspace.git("add", "--all")
    workspace.git("commit", "--quiet", "--message", "The repository moved")
    workspace.git("push", "--quiet", "origin", "main")
    refused = workspace.bootstrap("up", check=False)
    unasked = workspace.bootstrap("up", "--adopt", check=False)
    adopted = workspace.bootstrap("up", "--adopt", "--yes")

    assert silent.returncode == 1
    assert f"bootstrap init --all --repo-url {new}" in silent.stderr
    assert f"bootstrap init --all --repo-url {new}" in told.stdout
    assert refused.returncode == 1
    assert "bootstrap up --adopt" in refused.stderr
    assert (unasked.returncode, "add --yes if you mean it" in unasked.stderr) == (2, True)
    assert f"Application agentsmith-root: {workspace.remote_url} -> {new}" in adopted.stderr
    assert prod.application()["spec"]["source"]["repoURL"] == new
    assert (fingerprint(plane, prod)["pods"], uid(plane, "agentsmith-prod")) == before
    again = workspace.bootstrap("up", "--adopt", "--yes")
    assert "nothing to adopt" in again.stderr


def test_a_name_changes_under_what_runs_by_the_told_way_and_no_pod_notices(
    plane: Target, workspace: Workspace, tmp_path: Path
) -> None:
    user = with_tools(workspace, tmp_path / "home", ensure("helm4")["helm4"], plane.kubeconfig)
    prod = Live(plane, "prod", "agentsmith-prod")
    user.bootstrap("init", "prod")
    seal(user)
    user.push("Add environment prod")
    user.bootstrap("up", "prod")
    before = fingerprint(plane, prod)["pods"], prod.secret()

    refused = user.bootstrap("rename", "team-b", check=False)
    untouched = user.git("status", "--porcelain")
    told = re.findall(r"`(kubectl [^`]*)`", refused.stderr)
    for command in told:
        user.run("bash", "-euo", "pipefail", "-c", command)
    user.bootstrap("rename", "team-b")
    user.push("Call the repository team-b")
    user.bootstrap("up")

    assert (refused.returncode, untouched, len(told)) == (1, "", 4)
    assert (fingerprint(plane, prod)["pods"], prod.secret()) == before
    names = [
        item["metadata"]["name"]
        for item in plane.cluster.list(*_APPLICATION, "argocd", labelSelector=OURS)
    ]
    assert sorted(names) == ["team-b-prod", "team-b-root"]
    assert user.bootstrap("status", "--exit-code").returncode == 0
    user.bootstrap("upgrade", "prod", "--dispatcher", ":1.1", "--push", "--wait")
    assert prod.image() == "agentsmith-dispatcher:1.1"
    user.bootstrap("destroy", "prod", "--yes", "--wait")
    assert plane.cluster.get("v1", "Namespace", "agentsmith-prod") is None


def seal(workspace: Workspace, *arguments: str) -> None:
    workspace.write("secrets.local.yaml", _SECRETS.format("one"))
    workspace.bootstrap("seal", "secrets.local.yaml", *arguments)


def uid(plane: Target, application: str) -> str:
    found = plane.cluster.get(*_APPLICATION, application, "argocd")
    assert found is not None
    return str(found["metadata"]["uid"])


def fingerprint(plane: Target, live: Live) -> dict[str, Any]:
    """Return what changes with every write that matters: uids, generations, specs."""
    cluster = plane.cluster
    objects = {
        name: cluster.get(*kind, name, "argocd")
        for kind, name in (
            (_APPLICATION, "agentsmith-root"),
            (_APPLICATION, "agentsmith-prod"),
            (_PROJECT, "agentsmith"),
        )
    }
    pods = cluster.list("v1", "Pod", live.namespace, labelSelector=OURS)
    pods = pods or cluster.list("v1", "Pod", live.namespace)
    deployment = live.deployment()["metadata"]
    return {
        "objects": {
            name: item and (item["metadata"]["uid"], item["spec"]) for name, item in objects.items()
        },
        "pods": sorted(item["metadata"]["uid"] for item in pods),
        "deployment": (deployment["uid"], deployment["generation"]),
    }
