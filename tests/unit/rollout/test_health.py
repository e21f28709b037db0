"""What live objects say about a rollout."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.rollout.files import Files
from bootstrap.rollout.health import explain
from bootstrap.rollout.verdict import State, Verdict

FILES = Files("environments/prod/values.yaml", "environments/prod")
VALUES = FILES.values


def test_live_objects_are_explained_cause_first() -> None:
    objects = [
        {
            "kind": "Deployment",
            "metadata": {"name": "agentsmith-dispatcher"},
            "status": {
                "conditions": [
                    {
                        "type": "Progressing",
                        "status": "False",
                        "reason": "ProgressDeadlineExceeded",
                        "message": "has timed out progressing.",
                    }
                ]
            },
        },
        pod("agentsmith-dispatcher-1", "ImagePullBackOff", "Back-off pulling image x:1"),
        pod("redis-1", "ContainerCreating", ""),
        {
            "kind": "ReplicaSet",
            "metadata": {"name": "redis-5"},
            "status": {
                "conditions": [
                    {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
                ]
            },
        },
        {
            "kind": "SealedSecret",
            "metadata": {"name": "agentsmith-secrets"},
            "status": {
                "conditions": [
                    {"type": "Synced", "status": "False", "message": "no key could decrypt secret"}
                ]
            },
        },
    ]

    assert [(item.state, item.message) for item in explain(objects, FILES)] == [
        (State.STUCK, "SealedSecret agentsmith-secrets: no key could decrypt secret"),
        (State.STUCK, "no pod for redis-5: exceeded quota"),
        (State.STUCK, "Pod agentsmith-dispatcher-1: ImagePullBackOff: Back-off pulling image x:1"),
        (State.STUCK, "Deployment agentsmith-dispatcher: has timed out progressing."),
    ]


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("ImagePullBackOff", f"check the image reference in {VALUES} and the pull secret"),
        (
            "CreateContainerConfigError",
            "seal the key that it misses with `bootstrap seal`, and push",
        ),
        ("RunContainerError", "`kubectl logs p` in its namespace says more"),
    ],
)
def test_a_waiting_pod_says_what_to_do(reason: str, hint: str) -> None:
    assert [item.hint for item in explain([pod("p", reason, "m")], FILES)] == [hint]


@pytest.mark.parametrize(
    ("ended", "message", "hint"),
    [
        (
            {"exitCode": 137, "reason": "OOMKilled"},
            "Pod p: container dispatcher ran out of memory (OOMKilled)",
            f"raise its resources.limits.memory in {VALUES}, and push",
        ),
        (
            {"exitCode": 1, "reason": "Error"},
            "Pod p: container dispatcher crashes: exit code 1",
            "`kubectl logs p --previous` in its namespace says more",
        ),
        (
            {},
            "Pod p: container dispatcher crashes",
            "`kubectl logs p --previous` in its namespace says more",
        ),
    ],
)
def test_a_crash_says_how_it_ended_and_where_its_log_is(
    ended: dict[str, Any], message: str, hint: str
) -> None:
    crashing = pod("p", "CrashLoopBackOff", "back-off 40s restarting failed container")
    (container,) = crashing["status"]["containerStatuses"]
    container |= {"name": "dispatcher", "lastState": {"terminated": ended}, "restartCount": 4}

    (verdict,) = explain([crashing], FILES)

    assert verdict == Verdict(
        State.STUCK,
        message,
        hint,
        file=VALUES if "OOMKilled" in message else None,
        container=("p", "dispatcher"),
    )


RUNNING_AGAIN = {"state": {"running": {"startedAt": "2026-11-24T12:00:00Z"}}, "started": False}
BACKS_OFF = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "started": False}
JUST_ENDED = {"state": {"terminated": {"exitCode": 1}}, "started": False}


@pytest.mark.parametrize("moment", [RUNNING_AGAIN, BACKS_OFF, JUST_ENDED])
@pytest.mark.parametrize(("restarts", "state"), [(1, State.WAITING), (3, State.STUCK)])
def test_a_crash_is_told_of_at_every_moment_in_the_same_words(
    moment: dict[str, Any], restarts: int, state: State
) -> None:
    crashing = container_pod(
        moment | {"lastState": {"terminated": {"exitCode": 1}}, "restartCount": restarts}
    )

    assert [(item.state, item.message, item.container) for item in explain([crashing], FILES)] == [
        (state, "Pod p: container dispatcher crashes: exit code 1", ("p", "dispatcher"))
    ]


@pytest.mark.parametrize(
    "container",
    [
        RUNNING_AGAIN | {"restartCount": 0},
        RUNNING_AGAIN | {"restartCount": 0, "lastState": {}},
        JUST_ENDED | {"restartCount": 0},
        RUNNING_AGAIN
        | {"restartCount": 2, "started": True, "lastState": {"terminated": {"exitCode": 1}}},
        {"state": {"terminated": {"exitCode": 0}}, "restartCount": 1},
    ],
    ids=["first start", "no last state", "first end", "up since", "ended well"],
)
def test_a_container_that_starts_or_is_up_again_is_no_crash(container: dict[str, Any]) -> None:
    assert explain([container_pod(container)], FILES) == []


def test_an_image_that_is_tried_again_and_again_is_one_trouble() -> None:
    (tried,) = explain([pod("p", "ErrImagePull", "failed to pull")], FILES)
    (backs_off,) = explain([pod("p", "ImagePullBackOff", "Back-off pulling image")], FILES)
    (other,) = explain([pod("q", "ImagePullBackOff", "Back-off pulling image")], FILES)

    assert tried.message != backs_off.message
    assert tried.is_like(backs_off)
    assert not other.is_like(backs_off)


def test_a_pod_without_node_may_get_one_and_so_comes_after_what_is_wrong_for_sure() -> None:
    pending = {
        "kind": "Pod",
        "metadata": {"name": "a"},
        "status": {
            "conditions": [
                {
                    "type": "PodScheduled",
                    "status": "False",
                    "reason": "Unschedulable",
                    "message": "0/1 nodes are available: 1 Insufficient memory.",
                }
            ]
        },
    }

    assert [
        (item.state, item.message)
        for item in explain([pending, pod("b", "ErrImagePull", "x")], FILES)
    ] == [
        (State.STUCK, "Pod b: ErrImagePull: x"),
        (
            State.WAITING,
            "Pod a: no node takes it: 0/1 nodes are available: 1 Insufficient memory.",
        ),
    ]


@pytest.mark.parametrize(
    ("message", "hint", "file"),
    [
        (
            'pods "d-1" is forbidden: exceeded quota: small, requested: pods=1',
            f"raise the namespace's ResourceQuota, or lower replicas or resources in {VALUES}",
            VALUES,
        ),
        (
            'pods "d-1" is forbidden: no PriorityClass with name high was found',
            f"make PriorityClass high in the cluster, or change priorityClassName in {VALUES}",
            VALUES,
        ),
        ("it is Monday", "`kubectl describe replicaset d` in its namespace says more", None),
    ],
)
def test_what_refuses_a_pod_is_mended_where_it_comes_from(
    message: str, hint: str, file: str | None
) -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "message": message}
    item = {"kind": "ReplicaSet", "metadata": {"name": "d"}, "status": {"conditions": [condition]}}

    assert explain([item], FILES) == [Verdict(State.STUCK, f"no pod for d: {message}", hint, file)]


def test_healthy_objects_need_no_explanation() -> None:
    fine = {
        "kind": "SealedSecret",
        "metadata": {"name": "s"},
        "status": {"conditions": [{"type": "Synced", "status": "True"}]},
    }
    running = {
        "kind": "Pod",
        "metadata": {"name": "p"},
        "status": {"containerStatuses": [{"state": {"running": {}}}]},
    }

    assert explain([fine, running, {"kind": "Pod", "metadata": {"name": "new"}}], FILES) == []


def pod(name: str, reason: str, message: str) -> dict[str, Any]:
    waiting = {"waiting": {"reason": reason, "message": message}}
    return {
        "kind": "Pod",
        "metadata": {"name": name},
        "status": {"containerStatuses": [{"state": waiting}]},
    }


def container_pod(container: dict[str, Any]) -> dict[str, Any]:
    """Return a pod with one container, the dispatcher."""
    status = {"containerStatuses": [{"name": "dispatcher", **container}]}
    return {"kind": "Pod", "metadata": {"name": "p"}, "status": status}
