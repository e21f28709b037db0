"""`bootstrap diff` against the live cluster: the change and nothing else, and what would fail."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.loop import Live
from tests.plane.target import Target
from tests.support.workspace import Workspace
from tests.tools.build import ensure

_VALUES = "environments/prod/values.yaml"
_CONFIG = "environments/prod/agentsmith.yml"


def test_only_what_a_push_would_change_is_shown(plane: Target, workspace: Workspace) -> None:
    workspace.environment["BOOTSTRAP_HELM"] = str(ensure("helm4")["helm4"])  # type: ignore[index]
    workspace.bootstrap("init", "prod")
    workspace.bootstrap("seal", "-", "--env", "prod", input="githubToken: one\nslackBotToken: b\n")
    new = workspace.bootstrap("diff", "prod", "-o", "json", check=False)
    workspace.push("Add environment prod")
    workspace.bootstrap("up", "prod")
    same = workspace.bootstrap("diff", "prod")
    rendered = workspace.bootstrap("render", "prod", "-o", "json")
    tracked = Live(plane, "prod", "agentsmith-prod").application()["status"]["resources"]

    workspace.replace(_VALUES, "agentsmith-dispatcher:latest", "agentsmith-dispatcher:v2")
    image = workspace.bootstrap("diff", "prod", check=False)
    workspace.git("checkout", "--", _VALUES)
    workspace.replace(_CONFIG, "type: Claude", "type: OpenAI")
    config = workspace.bootstrap("diff", "prod", check=False)
    workspace.git("checkout", "--", _CONFIG)
    workspace.bootstrap("seal", "-", "--env", "prod", input="githubToken: two\n")
    secret = workspace.bootstrap("diff", "prod", check=False)
    workspace.git("checkout", "--", "environments/prod")
    workspace.write(_VALUES, workspace.read(_VALUES) + "cleanup:\n  enabled: false\n")
    removed = workspace.bootstrap("diff", "prod", "-o", "json", check=False)
    too_much = "{requests: {cpu: 3}, limits: {cpu: 1}}"
    workspace.write(_VALUES, f"dispatcher:\n  resources: {too_much}\n")
    refused = workspace.bootstrap("diff", "prod", check=False)

    assert new.returncode == 1
    assert {item["action"] for item in json.loads(new.stdout)} == {"added"}
    assert (same.returncode, same.stdout) == (0, ""), "the server's defaults are no difference"
    assert same.stderr.splitlines()[-1] == "prod is the same as what is live"
    (environment,) = json.loads(rendered.stdout)
    objects = [item for item in environment["objects"] if not _is_hook(item)]
    assert sorted(_names(objects)) == sorted(f"{item['kind']} {item['name']}" for item in tracked)
    assert (image.returncode, _changed(image.stdout)) == (
        1,
        [
            "-          image: agentsmith-dispatcher:latest",
            "+          image: agentsmith-dispatcher:v2",
        ],
    )
    lines = [line for line in _changed(config.stdout) if "checksum/config" not in line]
    assert [line.split() for line in lines] == [
        ["-", "type:", "Claude"],
        ["+", "type:", "OpenAI"],
    ]
    lines = [line for line in _changed(secret.stdout) if "checksum/secret" not in line]
    assert lines == ["-    github-token: <sealed>", "+    github-token: <sealed, changed>"]
    gone = [(item["object"], item["action"]) for item in json.loads(removed.stdout)]
    assert gone == [
        ("ServiceAccount agentsmith-cleanup", "removed"),
        ("Role agentsmith-cleanup", "removed"),
        ("Role agentsmith-cleanup-jobs", "removed"),
        ("RoleBinding agentsmith-cleanup", "removed"),
        ("RoleBinding agentsmith-cleanup-jobs", "removed"),
    ]
    assert refused.returncode == 1
    error = refused.stderr.splitlines()[-2]
    assert error.startswith(
        "error: a dry run of Deployment agentsmith-dispatcher: the API server refuses it with 422: "
    )
    assert "must be less than or equal to cpu limit" in error
    assert Live(plane, "prod", "agentsmith-prod").image() == "agentsmith-dispatcher:latest"


def _is_hook(item: dict[str, Any]) -> bool:
    return any("hook" in key for key in item["metadata"].get("annotations", {}))


def _names(objects: list[dict[str, Any]]) -> list[str]:
    return [f"{item['kind']} {item['metadata']['name']}" for item in objects]


def _changed(diff: str) -> list[str]:
    return [
        line
        for line in diff.splitlines()
        if line[:1] in "+-" and not line.startswith(("+++", "---"))
    ]
