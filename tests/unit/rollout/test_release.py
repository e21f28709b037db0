"""Which live objects are of the release that the Deployments have now."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.rollout.release import images_of, of_release, settled

REVISION = "deployment.kubernetes.io/revision"


def deployment(revision: str, *, generation: int = 2, observed: int = 2) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "metadata": {
            "name": "d", "uid": "d", "generation": generation, "annotations": {REVISION: revision}
        },
        "status": {"observedGeneration": observed},
    }  # fmt: skip


def replica_set(revision: str) -> dict[str, Any]:
    return {
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"d-{revision}",
            "uid": f"rs-{revision}",
            "annotations": {REVISION: revision},
            "ownerReferences": [{"kind": "Deployment", "name": "d", "uid": "d"}],
        },
    }


def pod(name: str, owner: str) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": name, "ownerReferences": [{"uid": owner}]}}


def names(objects: list[dict[str, Any]]) -> list[str]:
    return [item["metadata"]["name"] for item in of_release(objects)]


def test_pods_of_the_release_before_are_left_out_while_they_are_still_there() -> None:
    objects = [
        deployment("2"), replica_set("1"), replica_set("2"), pod("old", "rs-1"), pod("new", "rs-2")
    ]  # fmt: skip

    assert names(objects) == ["d", "d-2", "new"]


def test_before_its_controller_saw_the_change_nothing_of_a_deployment_is_of_the_release() -> None:
    objects = [deployment("1", generation=3), replica_set("1"), pod("old", "rs-1")]

    assert names(objects) == []


def test_an_unseal_that_failed_before_the_last_change_is_of_before() -> None:
    sealed = {
        "kind": "SealedSecret",
        "metadata": {"name": "s", "generation": 2},
        "status": {"observedGeneration": 1},
    }

    assert names([sealed]) == []
    assert names([{**sealed, "status": {"observedGeneration": 2}}]) == ["s"]


def test_what_has_no_known_owner_is_kept() -> None:
    alone = {"kind": "Pod", "metadata": {"name": "alone"}}
    circle = [
        {"kind": "Pod", "metadata": {"name": name, "uid": name, "ownerReferences": [{"uid": to}]}}
        for name, to in (("a", "b"), ("b", "a"))
    ]

    assert names([replica_set("1"), pod("p", "gone"), alone, *circle]) == [
        "d-1", "p", "alone", "a", "b"
    ]  # fmt: skip


def test_pods_of_agents_are_none_of_the_release() -> None:
    labels = {"app": "agentsmith", "job-id": "0123"}
    owned = [
        {
            "kind": "Pod",
            "metadata": {
                "name": f"{job}-x",
                "ownerReferences": [{"kind": "Job", "name": job, "uid": job}],
            },
        }
        for job in ("agentsmith-0123456789ab", "agentsmith-cleanup")
    ]

    assert names([{"kind": "Pod", "metadata": {"name": "agent", "labels": labels}}, *owned]) == [
        "agentsmith-cleanup-x"
    ]


def test_the_images_are_those_that_deployments_ask_for() -> None:
    containers = [{"image": "redis:7"}, {"image": "exporter:1"}]
    deployment = {
        "kind": "Deployment",
        "spec": {"template": {"spec": {"containers": containers}}},
    }

    assert images_of([deployment, {"kind": "Pod"}]) == ("exporter:1", "redis:7")


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
