"""Fixtures of the commands that push, or ask a cluster."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bootstrap.cluster import Cluster
from tests.support.workspace import move_origin
from tests.unit.commands.fake_cluster import FakeCluster, push
from tests.unit.shared_tree import Shared, share
from tests.unit.work_tree import FLEET_ORIGIN, WorkTree


@pytest.fixture
def shared(prod: WorkTree, tmp_path: Path) -> Shared:
    """The tree with an environment prod, pushed to a remote of its own."""
    return share(prod, tmp_path)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    """A cluster that every context leads to."""
    fake = FakeCluster()
    monkeypatch.setattr(Cluster, "connect", lambda *_where: fake)
    return fake


@pytest.fixture
def fleet(tree: WorkTree, templates: Path, tmp_path: Path) -> WorkTree:
    """Environments prod and staging, pushed to a remote that answers."""
    remote = tmp_path / "remote.git"
    tree.git("init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    tree.git("remote", "set-url", "origin", remote.as_uri())
    for folder in ("argocd", "environments"):
        shutil.copytree(templates / "fleet" / folder, tree.root / folder)
    move_origin(tree.root, FLEET_ORIGIN, remote.as_uri())
    push(tree, "Add environments")
    return tree
