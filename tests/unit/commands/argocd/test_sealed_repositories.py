"""Credentials that lie sealed in Git, given to Argo CD: they are there, or it is said why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from bootstrap.cluster import Cluster
from bootstrap.commands.argocd.sealed_repositories import (
    give_repositories,
    load_sealed_repositories,
)
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from tests.unit.commands.watch.test_wait_loop import FakeTime, Log
from tests.unit.work_tree import ORIGIN, WorkTree

Live = dict[str, Any] | None
APPLIED: Live = {"metadata": {"generation": 2}, "status": {"observedGeneration": 1}}


def seen(synced: str, message: str = "") -> Live:
    condition = {"type": "Synced", "status": synced, "message": message}
    return {
        "metadata": {"generation": 2},
        "status": {"observedGeneration": 2, "conditions": [condition]},
    }


class FakeCluster:
    """A controller that gets on with each look, and stays where it ends."""

    def __init__(self, *looks: Live) -> None:
        self.looks = list(looks)
        self.secrets = self
        self.applied: list[str] = []

    def apply_sealed(self, sealed: Mapping[str, Any]) -> None:
        self.applied.append(sealed["metadata"]["name"])

    def read_sealed(self, _name: str) -> Live:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


@pytest.fixture
def added(prod: WorkTree) -> WorkTree:
    add = ("repo", "add", "--username", "u", "--password-stdin", "--seal", "prod")
    assert prod.run(*add, stdin=b"token-of-mine").code == 0
    return prod


def give(tree: WorkTree, cluster: FakeCluster) -> tuple[list[str], float]:
    log, time = Log(), FakeTime()
    began = time.now
    sealed = load_sealed_repositories(Repository(tree.root))
    give_repositories(cast(Cluster, cluster), sealed, time, log)
    return log.lines, time.now - began


def name_of(tree: WorkTree) -> str:
    (file,) = (tree.root / "argocd/repositories").iterdir()
    return file.stem


def test_they_count_once_the_controller_has_seen_the_latest(added: WorkTree):
    cluster = FakeCluster(None, APPLIED, seen("True"))

    assert give(added, cluster) == ([f"credentials for {ORIGIN} given to Argo CD"], 0.5)
    assert cluster.applied == [name_of(added)]


def test_a_file_of_somebody_else_is_left_alone(added: WorkTree):
    added.write(f"argocd/repositories/{name_of(added)}.yaml", "kind: SealedSecret\n")

    assert give(added, FakeCluster(None)) == ([], 0)


def test_what_no_key_opens_is_named_by_its_file(added: WorkTree):
    with pytest.raises(BootstrapError) as raised:
        give(added, FakeCluster(seen("False", "no key could decrypt secret (password)")))

    assert (raised.value.message, raised.value.hint) == (
        f"argocd/repositories/{name_of(added)}.yaml can't be unsealed: no key could decrypt secret"
        " (password)",
        "seal it again for a key that the controller has: `bootstrap repo add --seal ENV`",
    )


def test_a_controller_that_does_nothing_is_given_up(added: WorkTree):
    with pytest.raises(BootstrapError) as raised:
        give(added, FakeCluster(APPLIED))

    name = name_of(added)
    assert (raised.value.message, raised.value.hint) == (
        f"SealedSecret argocd/{name} was not unsealed in time",
        f"`kubectl -n argocd describe sealedsecret {name}` says more",
    )
