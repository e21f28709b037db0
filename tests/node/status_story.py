"""An environment on the node as a user handles it: released, broken, asked about, removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from tests.node import image_set
from tests.node.gitops import GitOps
from tests.node.release import values
from tests.plane.waiting import wait_for
from tests.support.workspace import Workspace, make_workspace

NAMESPACE = "agentsmith-live"
SECRET = "xoxb-marked-and-sealed"
_ENV = "live"


@dataclass
class StatusStory:
    """What `bootstrap` said at each step: its JSON, and its text."""

    status: dict[str, Any] = field(default_factory=dict)
    text: dict[str, str] = field(default_factory=dict)
    waited: dict[str, str] = field(default_factory=dict)
    """What `upgrade --wait` said of an image that can't run."""
    removed: str = ""


def tell_status(server: GitOps, folder: Path) -> StatusStory:
    """Release an environment, break it in two ways, and remove it.

    All of it happens in the node's network, where Argo CD's repositories and the API server are.
    """
    return server.run(lambda: _tell(server, folder))


def _tell(server: GitOps, folder: Path) -> StatusStory:
    story = StatusStory()
    environment = {"KUBECONFIG": str(server.kubeconfig)}
    workspace = make_workspace(folder, server.empty_repository(_ENV), environment)
    workspace.bootstrap("init", _ENV, "--from-cluster")
    chosen = {name: value for name, value in values().items() if name not in ("secrets", "config")}
    workspace.write(f"environments/{_ENV}/values.yaml", yaml.safe_dump(chosen))
    workspace.write(
        "secrets.local.yaml",
        f"slackBotToken: {SECRET}\nslackSigningSecret: {SECRET}\nanthropicApiKey: {SECRET}\n",
    )
    workspace.bootstrap("seal", "secrets.local.yaml")
    workspace.push("Add environment live")
    workspace.bootstrap("up", _ENV)
    _note(story, workspace, "released", _is_done)

    for tag, word in ((image_set.BROKEN, "crashes"), (image_set.MISSING, "ImagePull")):
        change = ["upgrade", _ENV, "--dispatcher", f":{tag}", "--wait"]
        story.waited[tag] = workspace.bootstrap(*change, check=False).stderr
        _note(story, workspace, tag, partial(_says, word))
    workspace.bootstrap("upgrade", _ENV, "--dispatcher", ":v2", "--wait")
    _note(story, workspace, "mended", _is_done)
    story.removed = workspace.bootstrap("destroy", _ENV, "--yes", "--wait").stderr
    return story


def _is_done(found: dict[str, Any]) -> bool:
    return bool(found["state"] == "done")


def _says(word: str, found: dict[str, Any]) -> bool:
    return word in found["message"]


def _note(
    story: StatusStory, workspace: Workspace, step: str, is_it: Callable[[dict[str, Any]], bool]
) -> None:
    """Wait until the status says what the step is about, and note it."""

    def told() -> bool:
        done = workspace.bootstrap("status", _ENV, "-o", "json")
        (story.status[step],) = json.loads(done.stdout)["environments"]
        return is_it(story.status[step])

    wait_for(told, f"the status of {step}", timeout=180, interval=1)
    story.text[step] = workspace.bootstrap("status", _ENV).stdout
