"""What live objects say about a rollout."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.rollout.health import crashed_container, explain, images_of, settled
from bootstrap.rollout.verdict import State, Verdict


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

    assert [(item.state, item.message) for item in explain(objects)] == [
        (State.STUCK, "SealedSecret agentsmith-secrets: no key could decrypt secret"),
        (State.STUCK, "no pod for redis-5: exceeded quota"),
        (State.STUCK, "Pod agentsmith-dispatcher-1: ImagePullBackOff: Back-off pulling image x:1"),
        (State.STUCK, "Deployment agentsmith-dispatcher: has timed out progressing."),
    ]


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("ImagePullBackOff", "check the image reference in values.yaml and the pull secret"),
        (
            "CreateContainerConfigError",
            "seal the key that it misses with `bootstrap seal`, and push",
        ),
        ("RunContainerError", "`kubectl logs p` in its namespace says more"),
    ],
)
def test_a_waiting_pod_says_what_to_do(reason: str, hint: str) -> None:
    assert [item.hint for item in explain([pod("p", reason, "m")])] == [hint]


@pytest.mark.parametrize(
    ("ended", "message", "hint"),
    [
        (
            {"exitCode": 137, "reason": "OOMKilled"},
            "Pod p: container dispatcher ran out of memory (OOMKilled)",
            "raise its resources.limits.memory in values.yaml, and push",
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

    assert explain([crashing]) == [Verdict(State.STUCK, message, hint)]
    assert crashed_container([crashing]) == ("p", "dispatcher")


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

    assert [(item.state, item.message) for item in explain([crashing])] == [
        (state, "Pod p: container dispatcher crashes: exit code 1")
    ]
    assert crashed_container([crashing]) == ("p", "dispatcher")


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
    assert explain([container_pod(container)]) == []
    assert crashed_container([container_pod(container)]) is None


def test_an_image_that_is_tried_again_and_again_is_one_trouble() -> None:
    (tried,) = explain([pod("p", "ErrImagePull", "failed to pull")])
    (backs_off,) = explain([pod("p", "ImagePullBackOff", "Back-off pulling image")])
    (other,) = explain([pod("q", "ImagePullBackOff", "Back-off pulling image")])

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
        (item.state, item.message) for item in explain([pending, pod("b", "ErrImagePull", "x")])
    ] == [
        (State.STUCK, "Pod b: ErrImagePull: x"),
        (
            State.WAITING,
            "Pod a: no node takes it: 0/1 nodes are available: 1 Insufficient memory.",
        ),
    ]
    assert crashed_container([pending]) is None


def test_a_quota_is_named_as_what_refuses_the_pod() -> None:
    condition = {
        "type": "ReplicaFailure",
        "status": "True",
        "message": 'pods "d-1" is forbidden: exceeded quota: small, requested: pods=1',
    }
    item = {"kind": "ReplicaSet", "metadata": {"name": "d"}, "status": {"conditions": [condition]}}

    (verdict,) = explain([item])

    assert verdict.hint == (
        "raise the namespace's ResourceQuota, or lower replicas or resources in values.yaml"
    )


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

    assert explain([fine, running, {"kind": "Pod", "metadata": {"name": "new"}}]) == []


def test_the_images_are_those_that_deployments_ask_for() -> None:
    containers = [{"image": "redis:7"}, {"image": "exporter:1"}]
    deployment = {
        "kind": "Deployment",
        "spec": {"template": {"spec": {"containers": containers}}},
    }

    assert images_of([deployment, pod("p", "ErrImagePull", "")]) == ("exporter:1", "redis:7")


@pytest.mark.parametrize(
    ("kind", "generation", "observed", "expected"),
    [
        ("SealedSecret", 2, 2, True),
        ("SealedSecret", 2, 1, False),
        ("SealedSecret", 2, None, False),
        ("Deployment", 3, 2, False),
        ("Pod", 1, None, True),
    ],
)
def test_only_an_observed_generation_is_settled(
    kind: str, generation: int, observed: int | None, expected: bool
) -> None:
    status = {} if observed is None else {"observedGeneration": observed}
    item = {"kind": kind, "metadata": {"generation": generation}, "status": status}

    assert settled([item]) is expected


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
