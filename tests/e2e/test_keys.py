"""The life of a sealing key against the real controller: rotated, renewed, backed up, restored."""

from __future__ import annotations

import json
import os
import signal
import stat
from pathlib import Path

import pytest

from tests.e2e.loop import Live
from tests.plane.plane import Plane
from tests.plane.target import Target
from tests.plane.waiting import wait_for
from tests.support.workspace import Workspace

_KEY = "environments/prod/sealing-key.local.pem"
_SEALED = "environments/prod/sealed-secret.yaml"
_GIVEN = "secrets:\n  githubToken: marked-github\n  slackBotToken: xoxb-marked\n"
_SECRET = {
    "github-token": b"marked-github",
    "slack-bot-token": b"xoxb-marked",
    "redis-url": b"redis:6379",
}


@pytest.fixture(scope="module")
def plane(each_release: Target) -> Target:
    """The newest sealed-secrets, then the oldest that is promised."""
    return each_release


def _begin(workspace: Workspace, *options: str) -> None:
    workspace.bootstrap("init", "prod", *options)
    workspace.write("secrets.local.yaml", _GIVEN)
    workspace.bootstrap("seal", "secrets.local.yaml")
    workspace.push("Add environment prod")


def _pinned(workspace: Workspace) -> str:
    listed = json.loads(workspace.bootstrap("keys", "list", "-o", "json").stdout)
    (found,) = [key["sha256"] for key in listed["keys"] if key["pinnedBy"]]
    return str(found)


def test_a_rotated_key_of_our_own_and_then_the_controllers_bring_the_same_secret(
    plane: Target, workspace: Workspace
) -> None:
    _begin(workspace)
    workspace.bootstrap("up", "prod")
    live = Live(plane, "prod", "agentsmith-prod")
    first = _pinned(workspace)
    old_key = workspace.read(_KEY)
    (workspace.root / "secrets.local.yaml").unlink()

    own = workspace.bootstrap("keys", "rotate", "prod")
    given = workspace.bootstrap("keys", "give", "prod")
    again = workspace.bootstrap("keys", "give", "prod")
    second = _pinned(workspace)
    commit = workspace.push("Rotate the sealing key")
    up = workspace.bootstrap("up", "prod")

    assert second != first
    kept = workspace.root / f"environments/prod/sealing-key-{first[:8]}.local.pem"
    assert kept.read_text() == old_key
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert given.stderr.count("restarting ") == 1
    assert again.stderr == "the controller holds the key of prod already\n"
    assert "restarting " not in up.stderr
    assert live.at(commit)
    assert live.secret() == _SECRET

    theirs = workspace.bootstrap("keys", "rotate", "prod", "--from-cluster", "-o", "json")
    unchanged = workspace.bootstrap("keys", "rotate", "prod", "--from-cluster")
    commit = workspace.push("Seal for the controller's own key")
    workspace.bootstrap("up", "prod")

    assert json.loads(theirs.stdout)["by"] == "local key"
    assert unchanged.stderr.endswith("the newest there is; no change\n")
    assert not (workspace.root / _KEY).exists()
    assert (workspace.root / f"environments/prod/sealing-key-{second[:8]}.local.pem").exists()
    assert live.at(commit)
    assert live.secret() == _SECRET
    listed = json.loads(workspace.bootstrap("keys", "list", "--from-cluster", "-o", "json").stdout)
    by_print = {key["sha256"]: key for key in listed["keys"]}
    (newest,) = [key for key in listed["keys"] if key["newest"]]
    assert newest["pinnedBy"] == ["prod"]
    assert by_print[first]["inController"] and by_print[second]["inController"]
    assert by_print[first]["privateKeys"] == [str(kept.relative_to(workspace.root))]
    said = own.stdout + own.stderr + theirs.stdout + theirs.stderr
    assert "PRIVATE KEY-----" not in said and "marked" not in said

    # what was sealed through a key at hand is remembered: nothing changes without a reason
    workspace.write("secrets.local.yaml", _GIVEN)
    workspace.bootstrap("seal", "secrets.local.yaml")
    assert workspace.git("status", "--porcelain") == ""


def test_a_lost_cluster_comes_back_from_git_and_the_backup_of_its_keys(
    own_plane: Plane, workspace: Workspace, tmp_path: Path
) -> None:
    _begin(workspace, "--from-cluster")
    first = _pinned(workspace)
    old = workspace.read(_SEALED)
    _renew(own_plane)

    refused = workspace.bootstrap("keys", "fetch", "prod", check=False)
    rotated = workspace.bootstrap("keys", "rotate", "prod", "--from-cluster", "-o", "json")

    assert refused.returncode == 1
    assert "holds 3 values sealed for another certificate" in refused.stderr
    assert json.loads(rotated.stdout)["by"] == "controller"
    second = _pinned(workspace)
    assert second != first
    new = workspace.read(_SEALED)
    values = [line for line in old.splitlines() if line.strip().partition(":")[0] in _SECRET]
    assert len(values) == len(_SECRET)
    for line in old.splitlines():
        assert (line in new.splitlines()) is (line not in values), "only values may change"

    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    with_passphrase = ["--passphrase-file", str(passphrase)]
    file = tmp_path / "keys.age"
    saved = workspace.bootstrap("keys", "backup", str(file), *with_passphrase, "-o", "json")
    commit = workspace.push("Seal for the renewed key")
    workspace.bootstrap("up", "prod")
    live = Live(own_plane, "prod", "agentsmith-prod")
    assert live.secret() == _SECRET

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"PRIVATE KEY" not in file.read_bytes()
    assert {first, second} <= set(json.loads(saved.stdout)["keys"])

    own_plane.wipe()
    lost = workspace.bootstrap("up", "prod", "--no-wait", check=False)
    before = json.loads(workspace.bootstrap("keys", "list", "--from-cluster", "-o", "json").stdout)
    restored = workspace.bootstrap("keys", "restore", str(file), *with_passphrase, "-o", "json")
    twice = workspace.bootstrap("keys", "restore", str(file), *with_passphrase, "-o", "json")
    workspace.bootstrap("up", "prod")

    assert lost.returncode == 1
    assert "has not the key for environments/prod/sealing-cert.pem" in lost.stderr
    assert not next(key for key in before["keys"] if key["pinnedBy"])["inController"]
    assert {first, second} <= set(json.loads(restored.stdout)["added"])
    assert restored.stderr.count("restarting ") == 1
    assert json.loads(twice.stdout)["added"] == []
    assert "restarting " not in twice.stderr
    assert live.at(commit)
    assert live.secret() == _SECRET
    _assert_quiet(saved, restored, twice)


def _renew(plane: Plane) -> None:
    """Have the controller make a new key, as it does every 30 days."""
    before = plane.sealing_certificate()
    (process,) = plane.sealed_secrets_processes
    assert process.pid
    os.kill(process.pid, signal.SIGUSR1)
    wait_for(lambda: plane.sealing_certificate() != before, "a new sealing key")


def _assert_quiet(*ended: object) -> None:
    for done in ended:
        said = done.stdout + done.stderr  # type: ignore[attr-defined]
        assert "PRIVATE KEY-----" not in said and "staple" not in said and "marked" not in said
