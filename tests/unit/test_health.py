"""What live objects say about a rollout."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.health import State, explain, settled


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
        ("CrashLoopBackOff", "`kubectl logs p` in its namespace says more"),
    ],
)
def test_a_waiting_pod_says_what_to_do(reason: str, hint: str) -> None:
    assert [item.hint for item in explain([pod("p", reason, "m")])] == [hint]


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
