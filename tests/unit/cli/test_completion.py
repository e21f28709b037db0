"""The shell's completion, by the protocol that it speaks: a process with COMP_WORDS."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bootstrap.cli import app
from bootstrap.cli.completion import complete_environment
from tests.unit.work_tree import WorkTree


def offered(root: Path, typed: str) -> list[str]:
    """Return what bash is offered after `typed`."""
    done = subprocess.run(
        [sys.executable, "-m", "bootstrap"],
        cwd=root,
        env={
            **os.environ, "_BOOTSTRAP_COMPLETE": "complete_bash",
            "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()  # nothing to offer is an empty line


@pytest.fixture
def fleet(tree: WorkTree) -> WorkTree:
    for name in ("prod", "preview"):
        tree.write(f"argocd/applications/{name}.yaml", "")
    tree.write("environments/staging/values.yaml", "")
    tree.write("environments/README.md", "")
    return tree


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("bootstrap up ", ["preview", "prod", "staging"]),
        ("bootstrap up pr", ["preview", "prod"]),
        ("bootstrap seal secrets.local.yaml --env st", ["staging"]),
        ("bootstrap secrets check pro", ["prod"]),
        ("bootstrap keys rotate x", []),
        ("bootstrap wa", ["wait"]),
    ],
)
def test_environments_and_commands_are_offered(typed: str, expected: list[str], fleet: WorkTree):
    assert offered(fleet.root, typed) == expected


def test_branches_tags_and_commits_are_offered_as_revisions(fleet: WorkTree):
    fleet.git("tag", "v1.2.3")
    commit = fleet.git("log", "--format=%h").strip()

    assert offered(fleet.root, "bootstrap wait prod --commit ") == ["main", "v1.2.3", commit]
    assert offered(fleet.root, "bootstrap init prod --revision v") == ["v1.2.3"]


def test_what_an_environment_is_compared_with_is_offered(fleet: WorkTree):
    commit = fleet.git("log", "--format=%h").strip()

    assert offered(fleet.root, "bootstrap diff prod --against ") == [
        "live", "preview", "prod", "staging", "main", commit,
    ]  # fmt: skip


def test_every_argument_that_is_an_environment_is_completed():
    found = {
        " ".join(path): parameter
        for path, command in _commands(get_command(app))
        for parameter in getattr(command, "params", [])
        if parameter.param_type_name == "argument"
        and "environment" in (getattr(parameter, "help", None) or "").lower()
    }

    assert {"up", "status", "diff", "history", "wait", "keys rotate"} <= set(found)
    bare = [name for name, item in found.items() if not item._custom_shell_complete]
    assert bare == []


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*path, name))


def test_outside_a_repository_nothing_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    assert complete_environment("") == []


def test_a_broken_application_does_not_matter_to_completion(fleet: WorkTree):
    fleet.write("argocd/applications/prod.yaml", "{{{")

    assert offered(fleet.root, "bootstrap wait p") == ["preview", "prod"]
