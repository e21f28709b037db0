"""`wait` and `status` run on the same live state, and say the same of it."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from bootstrap.checkout.clusters import Clusters
from bootstrap.checkout.environments import load_root, require_environment
from bootstrap.cluster import Cluster
from bootstrap.commands.watch.wait_loop import targets_of, wait_until
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.rollout.verdict import State
from tests.unit.commands.fake_cluster import FakeCluster, apply, push
from tests.unit.commands.fake_cluster import application as healthy
from tests.unit.commands.watch.test_wait_loop import FakeTime, Log
from tests.unit.rollout.situations import SITUATIONS, WANTED
from tests.unit.work_tree import WorkTree


def test_wait_and_status_say_the_same_of_every_situation(
    fleet: WorkTree, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.write("environments/prod/agentsmith.yml", "projects: {}\n")
    commit = push(fleet, "Change prod")
    monkeypatch.setattr(cluster, "refresh", lambda _name: None, raising=False)

    told = {}
    for situation in SITUATIONS:
        live = json.loads(json.dumps(situation.application).replace(WANTED, commit))
        apply(cluster, root=healthy(commit), prod=live)
        cluster.workloads = situation.objects
        status = fleet.run("status", "prod", "-o", "json").json()["environments"][0]
        told[situation.name] = (
            _ended(wait(fleet, cluster, commit)),
            {key: status[key] for key in ("state", "message", "fix", "file")},
        )

    assert told == {
        item.name: (
            _expected_of_wait(
                item.verdict.state, short(item.verdict.message, commit), item.verdict.hint
            ),
            {
                "state": item.verdict.state.value,
                "message": short(item.verdict.message, commit),
                "fix": item.verdict.hint or None,
                "file": item.verdict.file,
            },
        )
        for item in SITUATIONS
    }


def wait(fleet: WorkTree, cluster: FakeCluster, commit: str) -> BootstrapError | None:
    """Wait for `commit` in prod for a minute; return the error that it ends with."""
    repository = Repository(fleet.root)
    environment, home = require_environment(repository, "prod"), cast(Cluster, cluster)
    root = load_root(repository)
    try:
        wait_until(
            targets_of([environment], root, {"": commit, "prod": commit}, Clusters(lambda: home)),
            cluster=home,
            is_descendant=lambda _commit, _wanted: False,
            timeout_seconds=60,
            clock=FakeTime(),
            reporter=Log(),
        )
    except BootstrapError as error:
        return error
    return None


def _ended(error: BootstrapError | None) -> Any:
    return None if error is None else (error.message, error.hint)


def _expected_of_wait(state: State, message: str, hint: str) -> tuple[str, str] | None:
    if state is State.DONE:
        return None
    if state is not State.WAITING:
        return f"prod: {message}", hint
    go_on = "run this again to go on waiting, or give a longer --timeout"
    return (
        f"not there after 60 s: prod: {message}",
        f"{hint}; or {go_on}" if hint else f"Argo CD goes on by itself; {go_on}",
    )


def short(message: str, commit: str) -> str:
    """Return `message` as it is of `commit` instead of the table's."""
    return message.replace(WANTED[:7], commit[:7])
