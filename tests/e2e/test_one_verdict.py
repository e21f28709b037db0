"""What `wait` and `status` say of a push while a pod of the release before crashes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.loop import Live
from tests.plane.plane import Plane
from tests.plane.target import Target
from tests.plane.waiting import wait_for
from tests.support.workspace import Workspace

_VALUES = "environments/prod/values.yaml"


@pytest.fixture
def crashing(plane: Target, workspace: Workspace) -> Live:
    """Environment `prod`, brought up, whose dispatcher crashes since, as `status` tells."""
    workspace.bootstrap("init", "prod", "--from-cluster")
    workspace.push("Add environment prod")
    workspace.bootstrap("up", "prod")
    live = Live(plane, "prod", "agentsmith-prod")
    _crash(plane, live)
    wait_for(lambda: "crashes" in _status(workspace)["message"], "the crash", timeout=60)
    return live


def test_values_that_the_schema_refuses_are_blamed_and_not_the_pod_that_crashes_since_before(
    crashing: Live, workspace: Workspace
) -> None:
    for number in range(3):
        workspace.write(_VALUES, f"dispatcher:\n  replicass: {number}\n")
        workspace.push(f"Misspell {number}")

        waited = workspace.bootstrap("wait", "prod", check=False)
        status = _status(workspace)

        assert waited.returncode == 1
        assert waited.stderr.splitlines()[-2:] == [
            f"error: prod: {status['message']}",
            f"  fix: {status['fix']}",
        ]
        assert status["message"].startswith("helm template: values don't meet")
        assert "replicass" in status["message"]
        assert (status["file"], status["fix"]) == (_VALUES, f"mend {_VALUES}, and push")


def test_before_the_commit_is_seen_nobody_blames_the_pod_that_crashes_since_before(
    own_plane: Plane, crashing: Live, workspace: Workspace
) -> None:
    before = workspace.git("rev-parse", "--short=7", "HEAD")
    own_plane.stop_component("argocd-application-controller")
    try:
        workspace.write(_VALUES, "image:\n  dispatcher: agentsmith-dispatcher:mended\n")
        commit = workspace.push("Mend the dispatcher")
        waited = workspace.bootstrap("wait", "prod", "--timeout", "3s", check=False)
        unseen = _status(workspace)
    finally:
        own_plane.start_component("argocd-application-controller")
    mended = workspace.bootstrap("wait", "prod")

    said = f"at {before}, waiting for Argo CD to see {commit[:7]}"
    assert (unseen["message"], unseen["fix"], unseen["file"]) == (said, None, None)
    assert waited.stderr.splitlines()[-2] == (
        f"error: not there after 3 s: root: {said}; prod: waiting for the root Application"
    )
    assert "crashes" not in mended.stderr
    assert _status(workspace)["message"] == "Synced and Healthy"


def test_a_priority_class_that_is_missing_is_no_quota_or_policy(workspace: Workspace) -> None:
    workspace.bootstrap("init", "prod", "--from-cluster")
    workspace.push("Add environment prod")
    workspace.bootstrap("up", "prod")
    workspace.write(_VALUES, "dispatcher:\n  priorityClassName: no-such-class\n")
    workspace.push("Ask for a priority")

    waited = workspace.bootstrap("wait", "prod", check=False)
    status = _status(workspace)

    assert waited.returncode == 1
    assert waited.stderr.splitlines()[-2:] == [
        f"error: prod: {status['message']}",
        f"  fix: {status['fix']}",
    ]
    assert "no PriorityClass with name no-such-class was found" in status["message"]
    assert status["fix"] == (
        f"make PriorityClass no-such-class in the cluster, or change priorityClassName in {_VALUES}"
    )
    assert status["file"] == _VALUES


def _crash(plane: Target, live: Live) -> None:
    """Have the dispatcher's pods crash, as their kubelet would report it."""
    cluster = plane.cluster
    for pod in cluster.list("v1", "Pod", live.namespace):
        if not pod["metadata"]["name"].startswith("agentsmith-dispatcher-"):
            continue
        container = pod["status"]["containerStatuses"][0]
        ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
        container |= {
            "ready": False,
            "started": False,
            "restartCount": 7,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": ended,
        }
        conditions = [
            item | ({"status": "False"} if item["type"] in {"Ready", "ContainersReady"} else {})
            for item in pod["status"]["conditions"]
        ]
        path = cluster.path("v1", "Pod", live.namespace, pod["metadata"]["name"])
        change = {"status": {"conditions": conditions, "containerStatuses": [container]}}
        cluster.patch(f"{path}/status", change)


def _status(workspace: Workspace) -> dict[str, Any]:
    done = workspace.bootstrap("status", "prod", "-o", "json")
    (found,) = json.loads(done.stdout)["environments"]
    return dict(found)
