"""A Secret that stands where the controller is to make one: named, with the way that is open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bootstrap.sealing.sealed_secret import SealedSecret
from bootstrap.sealing.taken import MANAGED, PATCHED, PresentSecret, find_taken

SEALED = SealedSecret("prod", {"github-token": "AgA=", "redis-url": "AgB="})
OLD = PresentSecret(("github-token", "redis-url"))
DELETE = (
    "`kubectl -n prod annotate secret agentsmith-secrets sealedsecrets.bitnami.com/managed=true`"
    " and `kubectl -n prod delete secret agentsmith-secrets`"
)
IS_THERE = (
    "Secret prod/agentsmith-secrets is there already, and the sealed-secrets controller writes only"
    " its own"
)


@pytest.mark.parametrize(
    "present",
    [
        None,
        replace(OLD, owner=("SealedSecret", "agentsmith-secrets")),
        replace(OLD, annotations=("other", MANAGED)),
        replace(OLD, annotations=(PATCHED,)),
        replace(OLD, annotations=(MANAGED,), is_immutable=True),
    ],
)
def test_what_is_the_controllers_or_given_to_it_is_in_nobodys_way(present: PresentSecret | None):
    assert find_taken(present, SEALED, "prod") is None


def test_a_secret_of_somebody_else_can_be_handed_over_and_what_it_loses_is_named():
    found = find_taken(replace(OLD, keys=(*OLD.keys, "slack-bot-token")), SEALED, "prod")

    assert found is not None
    assert (found.lost, found.obstacle) == (("slack-bot-token",), None)
    assert found.message == (f"{IS_THERE}; it has slack-bot-token, which the sealed one has not")
    assert found.hint == (
        "`bootstrap up prod --adopt-secret` has the controller take it over, and no pod is without"
        f" it; or delete it: {DELETE}"
    )


@pytest.mark.parametrize(
    ("present", "sealed", "obstacle", "hint"),
    [
        (
            replace(OLD, is_immutable=True),
            SEALED,
            "it is immutable",
            f"delete it; pods that start before it is back wait: {DELETE}",
        ),
        (
            replace(OLD, type="kubernetes.io/basic-auth"),
            SEALED,
            "its type is kubernetes.io/basic-auth, not Opaque, and can't be changed",
            f"delete it; pods that start before it is back wait: {DELETE}",
        ),
        (
            replace(OLD, owner=("ExternalSecret", "agentsmith")),
            SEALED,
            "ExternalSecret agentsmith owns it, and would write it again",
            "take ExternalSecret agentsmith away first, without what it made: `kubectl -n prod"
            " delete externalsecret agentsmith --cascade=orphan`; then run this again",
        ),
        (
            OLD,
            SealedSecret("prod"),
            "nothing is sealed for it yet",
            "seal what it holds: `kubectl -n prod get secret agentsmith-secrets -o yaml |"
            " bootstrap seal - --env prod`; then commit, push, and run this again",
        ),
    ],
)
def test_what_can_not_be_handed_over_says_why_and_the_other_way(
    present: PresentSecret, sealed: SealedSecret, obstacle: str, hint: str
):
    found = find_taken(present, sealed, "prod")

    assert found is not None
    assert (found.obstacle, found.hint) == (obstacle, hint)
    assert found.message.startswith(IS_THERE)
    assert found.message.endswith(f"; {obstacle}")
