"""What of one environment's objects is left when they stand in another's namespace."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.manifests.renamespace import count_unknown, move_object


def item(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec}


def sealed(**values: str) -> dict[str, Any]:
    return {**item(encryptedData=values), "kind": "SealedSecret"}


@pytest.mark.parametrize(
    ("there", "here", "moved"),
    [
        ("stage", "prod", "prod"),
        ("--namespace=stage", "--namespace=prod", "--namespace=prod"),
        ("redis.stage.svc:6379", "redis.prod.svc:6379", "redis.prod.svc:6379"),
        ("stage", "other", "stage"),
        ("stage-jobs", "prod-jobs", "stage-jobs"),
        ("stage", None, "stage"),
        (["x", "stage"], ["x", "prod", "more"], ["x", "prod"]),
        (
            [{"name": "A", "value": "1"}, {"name": "NS", "value": "stage"}],
            [{"name": "NS", "value": "prod"}],
            [{"name": "A", "value": "1"}, {"name": "NS", "value": "prod"}],
        ),
        ({"checksum/secret": "1"}, {"checksum/secret": "2"}, {"checksum/secret": "2"}),
        ({"checksum/config": "1"}, {"checksum/config": "2"}, {"checksum/config": "1"}),
    ],
)
def test_only_what_becomes_the_counterparts_by_the_namespace_is_moved(
    there: object, here: object, moved: object
) -> None:
    found = move_object(item(at=there), item(at=here), old="stage", new="prod")

    assert found == item(at=moved)


def test_sealed_values_of_both_are_taken_as_the_same_and_counted() -> None:
    there, here = sealed(a="1", b="2", c="3"), sealed(a="4", c="3", d="5")

    assert move_object(there, here, old="stage", new="prod") == sealed(a="4", b="2", c="3")
    assert count_unknown(there, here) == 1
