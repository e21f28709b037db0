"""The whole loop, with the README's own commands, against real servers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from tests.e2e.loop import Live, announce
from tests.plane.target import Target
from tests.support.render import load_yaml
from tests.support.workspace import PROJECT, Workspace

_NAMES = {
    "anthropicApiKey": "anthropic-api-key",
    "githubToken": "github-token",
    "slackBotToken": "slack-bot-token",
    "slackSigningSecret": "slack-signing-secret",
}
_VALUES = "environments/prod/values.yaml"


def test_readme_commands_bring_prod_up_and_pushes_release_revert_and_rotate(
    plane: Target, workspace: Workspace, record_property: Callable[[str, object], None]
) -> None:
    figures: dict[str, float] = {}
    live = Live(plane, "prod", "agentsmith-prod")

    began = time.monotonic()
    done = workspace.run("bash", "-euc", readme_commands("Your first environment"))
    figures["README, with its installation"] = time.monotonic() - began
    first = workspace.git("rev-parse", "HEAD")
    assert f"prod is Synced and Healthy at {first[:7]}" in done.stderr
    assert live.at(first)
    assert live.secret() == sample_secrets(workspace)
    assert live.image() == "agentsmith-dispatcher:latest"
    assert workspace.git("status", "--porcelain") == ""
    assert "sample-" not in done.stdout + done.stderr

    workspace.replace(
        _VALUES, "dispatcher: agentsmith-dispatcher:latest", "dispatcher: agentsmith-dispatcher:1.1"
    )
    second = workspace.push("Release 1.1")
    announce(plane, workspace, first, second)
    figures["push of an image tag to Healthy"] = live.wait_until_at(second)
    assert live.image() == "agentsmith-dispatcher:1.1"

    workspace.git("revert", "--no-edit", "HEAD")
    workspace.git("push", "--quiet")
    third = workspace.git("rev-parse", "HEAD")
    announce(plane, workspace, second, third)
    figures["push of its revert to Healthy"] = live.wait_until_at(third)
    assert live.image() == "agentsmith-dispatcher:latest"

    pods_before = live.deployment()["spec"]["template"]
    workspace.write("secrets.local.yaml", "githubToken: rotated-token\n")
    workspace.bootstrap("seal", "secrets.local.yaml")
    assert workspace.git("diff", "--stat").count("|") == 1
    fourth = workspace.push("Rotate the GitHub token")
    announce(plane, workspace, third, fourth)
    figures["push of a secret to Healthy"] = live.wait_until_at(fourth)
    assert live.secret() == sample_secrets(workspace) | {"github-token": b"rotated-token"}
    assert live.deployment()["spec"]["template"] != pods_before, "pods must roll for a new secret"

    again = workspace.bootstrap("up", "prod")
    assert f"prod is Synced and Healthy at {fourth[:7]}" in again.stderr
    assert "AppProject agentsmith unchanged" in again.stderr
    assert "Application agentsmith-root unchanged" in again.stderr
    assert "restarting" not in again.stderr

    for what, seconds in figures.items():
        record_property(what, f"{seconds:.1f} s")


def readme_commands(heading: str) -> str:
    """Return the shell blocks of the README's section `heading` as one script."""
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    section = readme.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert blocks
    return "".join(blocks)


def sample_secrets(workspace: Workspace) -> dict[str, bytes]:
    """Return the Secret that the sample file means, read without our parser."""
    sample = load_yaml(workspace.root / "docs/examples/secrets.example.yaml")["secrets"]
    filled = {_NAMES[name]: value.encode() for name, value in sample.items() if value}
    return filled | {"redis-url": b"redis:6379"}
