"""Whose objects are whose, and whose namespace it is."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.environments.environment import Destination, Environment
from bootstrap.rollout.leftovers import (
    Leftovers,
    has_more_than_hook,
    sort_out,
    why_namespace_stays,
)

LABELS = {"app.kubernetes.io/part-of": "agentsmith", "agentsmith.dev/environment": "prod"}

PROD = Environment(
    "prod",
    "agentsmith-prod",
    "https://x/y.git",
    "main",
    Destination(server="https://kubernetes.default.svc"),
)


def item(kind: str, name: str, *, owner: str = "", **labels: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "uid": name, "labels": labels}
    if owner:
        metadata["ownerReferences"] = [{"uid": owner, "name": owner}]
    return {"kind": kind, "metadata": metadata}


def test_objects_are_ours_by_label_by_owner_or_as_an_agents_job() -> None:
    chart = {"app.kubernetes.io/part-of": "agentsmith"}
    objects = [
        item("ConfigMap", "kube-root-ca.crt"),
        item("ServiceAccount", "default"),
        item("SealedSecret", "agentsmith-secrets", **chart),
        item("Secret", "made-from-it", owner="agentsmith-secrets"),
        item("ReplicaSet", "redis-1", **{"app.kubernetes.io/name": "agentsmith"}),
        item("Job", "agentsmith-1", **{"app": "agentsmith", "job-id": "1"}),
        item("Pod", "agentsmith-1-x", owner="agentsmith-1"),
        item("Pod", "of-a-job-that-is-gone", owner="agentsmith-0"),
        item("Job", "lookalike", app="agentsmith"),
        item("Pod", "theirs-1", owner="theirs"),
        item("ReplicaSet", "theirs"),
    ]

    assert sort_out(objects) == Leftovers(
        ours=(
            "Job agentsmith-1",
            "Pod agentsmith-1-x",
            "Pod of-a-job-that-is-gone",
            "ReplicaSet redis-1",
            "SealedSecret agentsmith-secrets",
            "Secret made-from-it",
        ),
        foreign=("Job lookalike", "Pod theirs-1", "ReplicaSet theirs"),
    )


def test_owners_that_own_each_other_are_nobodys() -> None:
    circle = [item("Pod", "a", owner="b"), item("Pod", "b", owner="a")]

    assert sort_out(circle) == Leftovers(foreign=("Pod a", "Pod b"))


def test_a_pre_delete_hook_alone_has_nothing_to_end() -> None:
    hook = item("Job", "agentsmith-cleanup", **{"app.kubernetes.io/part-of": "agentsmith"})
    pod = item("Pod", "agentsmith-cleanup-x", owner="agentsmith-cleanup")
    agent = item("Job", "agentsmith-1", **{"app": "agentsmith", "job-id": "1"})

    assert not has_more_than_hook([hook, pod, item("ReplicaSet", "theirs")])
    assert has_more_than_hook([hook, pod, agent])


def namespace(manager: str = "argocd-controller", **more: Any) -> dict[str, Any]:
    named = {"f:metadata": {"f:labels": {".": {}, "f:kubernetes.io/metadata.name": {}}}}
    managed = [
        {"manager": "kube-controller-manager", "fieldsV1": {"f:status": {}}},
        {"manager": manager, "fieldsV1": named},
    ]
    return {"metadata": {"name": "ns", "labels": LABELS, "managedFields": managed, **more}}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (namespace(), ""),
        (namespace(managedFields=None), ""),
        (namespace("kubectl-create"), "it was there before Argo CD came to it"),
        (
            namespace(labels={**LABELS, "agentsmith.dev/environment": "other"}),
            "it has not the labels of a namespace that Argo CD made for this environment",
        ),
        (
            namespace(annotations={"helm.sh/resource-policy": "keep"}),
            "the chart made it (namespace.create) and keeps it",
        ),
    ],
)
def test_a_namespace_is_ours_only_if_argocd_made_it_for_this_environment(
    found: dict[str, Any], why: str
) -> None:
    assert why_namespace_stays(found, PROD) == why
