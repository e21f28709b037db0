"""Changing what runs, against real servers: upgrade, rollback, promote, pause, and two people."""

from __future__ import annotations

import json
from pathlib import Path

from bootstrap.environments.hold import read_hold
from tests.e2e.loop import Live
from tests.plane.target import Target
from tests.support.workspace import Workspace

_VALUES = "environments/prod/values.yaml"
_DISPATCHER = "agentsmith-dispatcher"


def test_upgrade_and_rollback_are_seen_live_and_a_rotated_secret_stays(
    plane: Target, workspace: Workspace
) -> None:
    live = Live(plane, "prod", "agentsmith-prod")
    workspace.bootstrap("init", "prod")
    seal(workspace, "prod", "before-rotation")
    workspace.push("Add environment prod")
    workspace.bootstrap("up", "prod")

    first = release(workspace, ":1.1")
    assert live.image() == f"{_DISPATCHER}:1.1"
    assert live.at(first)
    seal(workspace, "prod", "after-rotation")
    workspace.git("commit", "--quiet", "--all", "--message", "Rotate the GitHub token")
    release(workspace, ":2.0")
    assert (live.image(), token(live)) == (f"{_DISPATCHER}:2.0", b"after-rotation")

    # the default is what Argo CD remembers: here, a revision before the rotation
    workspace.bootstrap("rollback", "prod", "--reason", "2.0 is red", "--push", "--wait")
    assert live.at(head(workspace))
    assert (live.image(), token(live)) == (f"{_DISPATCHER}:1.1", b"after-rotation")

    held = workspace.bootstrap("upgrade", "prod", "--dispatcher", ":2.1", "--push", check=False)
    assert held.returncode == 1
    assert "error: prod is held since" in held.stderr
    assert "(2.0 is red)" in held.stderr
    release(workspace, ":2.1", "--release-hold", wait=False)
    assert read_hold(workspace.read(_VALUES)) is None

    done = workspace.bootstrap(
        "rollback", "prod", "--to", first, "--secrets", "--wait", "--output", "json"
    )
    said = json.loads(done.stdout)
    assert (said["restored"], said["commit"]) == (first, head(workspace))
    assert said["seconds"] > 0
    assert (live.image(), token(live)) == (f"{_DISPATCHER}:1.1", b"before-rotation")


def test_promote_pause_and_two_people_at_once(
    plane: Target, workspace: Workspace, tmp_path: Path
) -> None:
    live = Live(plane, "prod", "agentsmith-prod")
    workspace.bootstrap("init", "staging", "--from-cluster")
    workspace.bootstrap("init", "prod", "--from-cluster")
    seal(workspace, "staging", "of-staging")
    workspace.push("Add environments staging and prod")
    workspace.bootstrap("up")
    workspace.bootstrap("upgrade", "staging", "--dispatcher", ":1.1", "--push")

    lacking = workspace.bootstrap("promote", "staging", "prod", "--push", check=False)
    assert (lacking.returncode, live.image()) == (1, f"{_DISPATCHER}:latest")
    assert (
        "error: prod lacks sealed secrets that staging has: github-token, redis-url"
        in lacking.stderr
    )
    seal(workspace, "prod", "of-prod")
    workspace.push("Seal the GitHub token of prod")
    done = workspace.bootstrap("promote", "staging", "prod", "--push", "--wait")
    assert f"+  dispatcher: {_DISPATCHER}:1.1\n" in done.stdout
    assert live.image() == f"{_DISPATCHER}:1.1"
    assert token(live) == b"of-prod"

    other = Workspace(tmp_path / "other", workspace.remote_url, workspace.environment)
    workspace.git("clone", "--quiet", workspace.remote_url, str(other.root))
    workspace.bootstrap("pause", "prod", "--push", "--wait")
    release(workspace, ":2.0", wait=False)
    waited = workspace.bootstrap("wait", "prod", check=False)
    assert waited.stderr.splitlines()[-2:] == [
        "error: prod: OutOfSync, and its sync is paused",
        "  fix: end that with `bootstrap resume prod --push`",
    ]
    assert live.image() == f"{_DISPATCHER}:1.1"

    late = other.bootstrap("upgrade", "prod", "--agent", "agentsmith:2.0", "--push", check=False)
    assert (late.returncode, late.stderr.splitlines()[-2:]) == (
        1,
        [
            "error: main at origin has commits that are not here: somebody pushed before you",
            "  fix: `git pull --rebase`, then run this again",
        ],
    )
    assert other.git("status", "--porcelain") == ""
    other.git("pull", "--quiet", "--rebase")
    other.bootstrap("upgrade", "prod", "--agent", "agentsmith:2.0", "--push")
    other.bootstrap("resume", "prod", "--push", "--wait")
    assert live.image() == f"{_DISPATCHER}:2.0"
    assert live.at(head(other))


def release(workspace: Workspace, image: str, *options: str, wait: bool = True) -> str:
    """Upgrade the dispatcher of prod and return the commit."""
    how = "--wait" if wait else "--push"
    workspace.bootstrap("upgrade", "prod", "--dispatcher", image, how, *options)
    return head(workspace)


def seal(workspace: Workspace, name: str, token: str) -> None:
    """Seal a GitHub token for an environment."""
    workspace.write("secrets.local.yaml", f"githubToken: {token}\n")
    workspace.bootstrap("seal", "secrets.local.yaml", "--env", name)


def token(live: Live) -> bytes | None:
    """Return the GitHub token that Agent Smith reads."""
    return (live.secret() or {}).get("github-token")


def head(workspace: Workspace) -> str:
    """Return the commit that is checked out."""
    return workspace.git("rev-parse", "HEAD")
