"""`bootstrap wait` against real servers: races with pushes, and what it says of what can't be."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bootstrap.checkout.clusters import Clusters
from bootstrap.checkout.environments import require_environment
from bootstrap.checkout.session import Session
from bootstrap.cluster import Cluster
from bootstrap.commands.watch.wait import wait_for_commit
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from tests.e2e.loop import Live, announce
from tests.plane.plane import Plane
from tests.plane.target import Target
from tests.support.workspace import Workspace, clean_environment

_ENVIRONMENTS = [f"race-{number}" for number in range(5)]
_ROUNDS = int(os.environ.get("AGENTSMITH_E2E_WAITS", "100")) // len(_ENVIRONMENTS)
assert _ROUNDS >= 3, "each kind of race has its turn"


class _Silent:
    """Says nothing."""

    def step(self, message: str) -> None:
        """Keep quiet."""

    warn = step

    def progress(self, what: str, state: str, *, is_new: bool) -> None:
        """Keep quiet."""


@dataclass
class _Race:
    """Waits in this process, as five processes at once would each import the Kubernetes client."""

    plane: Target
    workspace: Workspace
    false: list[str] = field(default_factory=list)

    def wait(self, name: str, commit: str, images: set[str]) -> float:
        """Wait for `commit`, then look at the live objects with other eyes than Argo CD's."""
        repository = Repository(self.workspace.root)
        _commit, seconds = wait_for_commit(
            require_environment(repository, name),
            commit,
            Session(
                repository,
                Git(self.workspace.root),
                Clusters(lambda: Cluster.connect(None)),
                time,
                lambda: datetime.now(UTC),
                _Silent(),
            ),
            timeout_seconds=120,
        )
        live = Live(self.plane, name, f"agentsmith-{name}")
        if live.image() not in images or not live.rolled_out():
            self.false.append(f"{name}: {live.image()}, wanted one of {images}")
        return seconds


def test_waits_after_pushes_never_succeed_too_early_and_never_hang(
    plane: Target,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    # read from KUBECONFIG when the client was imported, which another test may have done
    place = "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION"
    monkeypatch.setattr(place, str(plane.kubeconfig))
    for name in _ENVIRONMENTS:
        workspace.bootstrap("init", name, "--from-cluster")
    before = workspace.push("Add environments")
    workspace.bootstrap("up")
    race = _Race(plane, workspace)
    slowest = []
    with ThreadPoolExecutor(len(_ENVIRONMENTS)) as pool:
        for number in range(_ROUNDS):
            first, image = _release(workspace, f"{number}a")
            images, after = {image}, first
            if number % 3 == 2:  # a newer push overtakes the one that is waited for
                after, newer = _release(workspace, f"{number}b")
                images.add(newer)
            if number % 3 == 0:  # told by webhook; else only the waiting itself makes Argo CD look
                announce(plane, workspace, before, after)
            waits = [pool.submit(race.wait, name, first, images) for name in _ENVIRONMENTS]
            slowest.append(max(done.result() for done in waits))
            before = after
        again = list(pool.map(lambda name: race.wait(name, before, images), _ENVIRONMENTS))

    record_property("slowest wait of each round of five", slowest)
    record_property("waits for what is there", again)
    assert race.false == []


def _release(workspace: Workspace, tag: str) -> tuple[str, str]:
    image = f"agentsmith-dispatcher:{tag}"
    for name in _ENVIRONMENTS:
        workspace.write(f"environments/{name}/values.yaml", f"image:\n  dispatcher: {image}\n")
    return workspace.push(f"Release {tag}"), image


def test_a_commit_that_is_there_ends_at_once_and_one_that_never_can_be_is_told(
    plane: Target, workspace: Workspace
) -> None:
    workspace.bootstrap("init", "prod", "--from-cluster")
    commit = workspace.push("Add environment prod")
    workspace.bootstrap("up", "prod")
    workspace.write("environments/prod/values.yaml", "dispatcher:\n  replicass: 1\n")
    workspace.git("commit", "--quiet", "--all", "--message", "Misspell")
    local = workspace.git("rev-parse", "--short", "HEAD")

    there = workspace.bootstrap("wait", "prod", "--commit", commit[:10], "-o", "json")
    unpushed = workspace.bootstrap("wait", "prod", "--commit", "HEAD", check=False)
    unknown = workspace.bootstrap("wait", "prod", "--commit", "0123abc", check=False)
    workspace.git("push", "--quiet")
    broken = workspace.bootstrap("wait", "prod", check=False)

    result = json.loads(there.stdout)
    assert (result["environment"], result["commit"]) == ("prod", commit)
    assert unpushed.stderr.splitlines() == [
        f"error: commit {local} is not part of main at {workspace.remote_url}, which prod follows",
        "  fix: push it (or merge it into main), then run this again",
    ]
    assert unknown.stderr.splitlines()[0].startswith("error: --commit '0123abc' is not known here")
    assert broken.returncode == 1
    error = broken.stderr.splitlines()[-2]
    assert error.startswith("error: prod: helm template: values don't meet")
    assert "replicass" in error


def test_a_wait_goes_on_after_the_api_server_restarted(
    own_plane: Plane, workspace: Workspace
) -> None:
    workspace.bootstrap("init", "prod", "--from-cluster")
    workspace.push("Add environment prod")
    workspace.bootstrap("up", "prod")
    controller, api = "argocd-application-controller", "kube-apiserver"
    own_plane.stop_component(controller)  # or the wait could be over too soon
    try:
        workspace.write("environments/prod/values.yaml", "image:\n  dispatcher: x:restarted\n")
        commit = workspace.push("Release restarted")
        waiting = subprocess.Popen(
            [sys.executable, "-m", "bootstrap", "wait", "prod", "--commit", commit],
            cwd=workspace.root,
            env=clean_environment() | dict(workspace.environment),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr
        lines = [waiting.stderr.readline()]
        try:
            own_plane.stop_component(api)
            while "cluster: " not in lines[-1]:
                lines.append(waiting.stderr.readline())
                assert lines[-1], lines
        finally:
            own_plane.start_component(api)
    finally:
        own_plane.start_component(controller)
    said = waiting.communicate(timeout=120)[1]
    assert waiting.returncode == 0, "".join(lines) + said
    assert re.fullmatch(r"cluster: .+ \(\d+ s\)\n", lines[-1])
    assert "prod: Synced and Healthy" in said
