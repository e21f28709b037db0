"""`bootstrap status` against real servers: a healthy environment, and two that are not."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from typing import Any

from tests.e2e.loop import Live, announce
from tests.plane.target import Target
from tests.plane.waiting import wait_for
from tests.support.workspace import Workspace, clean_environment

_VALUES = "environments/prod/values.yaml"
_RELEASED = "agentsmith-dispatcher:1.1"
_SEALED = "environments/prod/sealed-secret.yaml"


def test_releases_jobs_and_a_bad_values_key_are_told_by_status_and_history(
    plane: Target, workspace: Workspace
) -> None:
    workspace.bootstrap("init", "prod")
    workspace.bootstrap("seal", "-", "--env", "prod", input="githubToken: token\n")
    first = workspace.push("Add environment prod")
    absent = workspace.bootstrap("status", "--exit-code", check=False)
    workspace.bootstrap("up", "prod")
    plane.cluster.apply(_agent_job("agentsmith-prod"))
    workspace.replace(_VALUES, "agentsmith-dispatcher:latest", _RELEASED)
    second = workspace.push("Release 1.1")
    announce(plane, workspace, first, second)
    Live(plane, "prod", "agentsmith-prod").wait_until_at(second)

    healthy = wait_for(  # Argo CD notes images some time after it is Healthy
        lambda: _found_image(_status(workspace, "prod", "--exit-code"), _RELEASED), "the images"
    )
    workspace.write(_VALUES, "dispatcher:\n  replicass: 2\n")
    third = workspace.push("Ask for two")
    announce(plane, workspace, second, third)
    broken = wait_for(
        lambda: _found_state(_status(workspace, "prod"), "stuck"), "the broken push", timeout=60
    )
    text = workspace.bootstrap("status", "prod", "--exit-code", check=False)
    history = json.loads(workspace.bootstrap("history", "prod", "-o", "json").stdout)["history"]

    assert absent.returncode == 1
    assert absent.stdout.splitlines()[-2:] == [
        "prod: not applied yet",
        "  fix: start it with `bootstrap up prod`",
    ]
    release = {"commit": second, "subject": "Release 1.1"}
    assert healthy.pop("lastSync").endswith("Z")
    assert healthy.pop("certificate")["daysLeft"] > 3600
    assert healthy == {
        "name": "prod",
        "namespace": "agentsmith-prod",
        "state": "done",
        "message": "Synced and Healthy",
        "fix": None,
        "file": None,
        "sync": "Synced",
        "health": "Healthy",
        "automated": True,
        "running": release,
        "wanted": release,
        "images": healthy["images"],
        "sealedKeys": 2,
        "agentJobs": 1,
        "hold": None,
    }
    assert (broken["file"], broken["running"], broken["wanted"]) == (
        _VALUES,
        release,
        {"commit": third, "subject": "Ask for two"},
    )
    assert "replicass" in broken["message"]
    assert broken["fix"] == f"mend {_VALUES}, and push"
    assert text.returncode == 1
    assert f"  file         {_VALUES}\n" in text.stdout
    assert f"  running      {second[:7]} Release 1.1\n" in text.stdout
    assert [
        (item["commit"], item["subject"], item["author"], item["result"], item["running"])
        for item in history[:3]
    ] == [
        (third, "Ask for two", "Test User", "failed", False),
        (second, "Release 1.1", "Test User", "synced", True),
        (first, "Add environment prod", "Test User", "synced", False),
    ]
    assert "replicass" in history[0]["message"]
    assert [(item["syncedBy"], item["syncedAt"] is not None) for item in history[:3]] == [
        (None, False),
        ("Argo CD", True),
        ("Argo CD", True),
    ]


def test_values_sealed_for_another_namespace_are_named_and_watching_tells_when_they_are_mended(
    plane: Target, workspace: Workspace
) -> None:
    workspace.bootstrap("init", "prod")
    workspace.bootstrap("init", "other")
    secrets = "githubToken: a-hidden-token\n"
    for name in ("prod", "other"):
        workspace.bootstrap("seal", "-", "--env", name, input=secrets)
    mended = workspace.read(_SEALED)
    foreign = workspace.read("environments/other/sealed-secret.yaml")
    workspace.write(_SEALED, foreign.replace("agentsmith-other", "agentsmith-prod"))
    first = workspace.push("Add environments, one sealed for another namespace")
    workspace.bootstrap("up", "prod", "--no-wait")

    broken = wait_for(
        lambda: _found_file(_status(workspace, "prod"), _SEALED), "the failed unseal", timeout=60
    )
    table = workspace.bootstrap("status", "--exit-code", check=False)
    with _watching(workspace) as lines:
        assert any("SealedSecret agentsmith-secrets" in line for line in [next(lines)])
        workspace.write(_SEALED, mended)
        second = workspace.push("Seal for prod")
        announce(plane, workspace, first, second)
        Live(plane, "prod", "agentsmith-prod").wait_until_at(second)
        assert any("Synced and Healthy" in line for line in lines)

    assert "SealedSecret agentsmith-secrets: no key could decrypt secret" in broken["message"]
    assert broken["fix"].startswith("seal its values again for this cluster's certificate")
    assert table.returncode == 1
    assert f"  file: {_SEALED}" in table.stdout.splitlines()
    assert "a-hidden-token" not in table.stdout + table.stderr


def test_in_a_terminal_watching_draws_over_itself_and_ctrl_c_ends_it(
    workspace: Workspace,
) -> None:
    workspace.bootstrap("init", "prod")
    workspace.push("Add environment prod")
    master, slave = pty.openpty()
    variables = clean_environment() | dict(workspace.environment) | {"TERM": "xterm", "CI": ""}
    command = [sys.executable, "-m", "bootstrap", "status", "--watch"]
    process = subprocess.Popen(
        command, cwd=workspace.root, env=variables, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    shown = b""
    while b"\x1b[4F" not in shown and b"\x1b[5F" not in shown:
        shown += os.read(master, 4096)
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(OSError):  # how a terminal says that nobody writes any more
        while more := os.read(master, 4096):
            shown += more
    os.close(master)

    assert process.wait() == 130
    assert b"\x1b[1mENVIRONMENT" in shown
    assert b"not applied yet" in shown
    assert b"Traceback" not in shown


def _status(workspace: Workspace, name: str, *options: str) -> dict[str, Any]:
    done = workspace.bootstrap("status", name, "-o", "json", *options)
    (found,) = json.loads(done.stdout)["environments"]
    return dict(found)


def _found_state(status: dict[str, Any], state: str) -> dict[str, Any] | None:
    return status if status["state"] == state else None


def _found_image(status: dict[str, Any], image: str) -> dict[str, Any] | None:
    return status if image in status["images"] else None


def _found_file(status: dict[str, Any], file: str) -> dict[str, Any] | None:
    return status if status["file"] == file else None


@contextlib.contextmanager
def _watching(workspace: Workspace) -> Any:
    """Yield the lines that `bootstrap status prod --watch` writes into a pipe."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bootstrap", "status", "prod", "--watch"],
        cwd=workspace.root,
        env=clean_environment() | dict(workspace.environment),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield iter(process.stdout)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _agent_job(namespace: str) -> dict[str, Any]:
    """A Job like those that the dispatcher makes; its pod never gets a node, so it goes on."""
    pod = {
        "restartPolicy": "Never",
        "nodeSelector": {"no-such": "node"},
        "containers": [{"name": "agent", "image": "agentsmith:latest"}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": "agentsmith-0123456789ab",
            "namespace": namespace,
            "labels": {"app": "agentsmith", "job-id": "0123456789ab"},
        },
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }
