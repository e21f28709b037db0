"""`bootstrap --help`: commands by journey, each summary whole, and the lines of a first day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import bootstrap.commands
from bootstrap.cli import app
from tests.unit.work_tree import WorkTree


def groups(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if hasattr(command, "commands"):
        yield path
        for name, inner in command.commands.items():
            yield from groups(inner, (*path, name))


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The width that nobody's terminal is below."""
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("path", list(groups(get_command(app))), ids=" ".join)
@pytest.mark.usefixtures("narrow")
def test_every_summary_is_the_whole_first_sentence(path: tuple[str, ...], tree: WorkTree):
    lines = [line.strip() for line in tree.run(*path, "--help").out.splitlines()]
    group: Any = get_command(app)
    for name in path:
        group = group.commands[name]
    for name, command in group.commands.items():
        sentence = " ".join(command.help.split()).split(". ")[0].rstrip(".")
        shown = next(line for line in lines if line.split(maxsplit=1)[:1] == [name])
        assert shown.split(maxsplit=1)[1] == f"{sentence}."


@pytest.mark.usefixtures("narrow")
def test_journeys_are_the_folders_of_the_use_cases(tree: WorkTree):
    lines = tree.run("--help").out.splitlines()
    headings = [line.rstrip(":") for line in lines if line.endswith(":") and line[0] != " "]
    folders = [item.name for item in Path(bootstrap.commands.__path__[0]).iterdir()]
    expected = {name for name in folders if name.isidentifier() and not name.startswith("_")}
    assert headings[0] == "Options"
    assert {item.replace(" ", "").lower() for item in headings[1:]} == expected
    assert len(headings) == len(expected) + 1


@pytest.mark.usefixtures("narrow")
def test_the_last_lines_are_those_of_a_first_day(tree: WorkTree):
    assert [line.strip() for line in tree.run("--help").out.splitlines()[-4:]] == [
        "The first day:",
        "bootstrap init prod",
        "bootstrap seal secrets.local.yaml",
        "git add . && git commit && git push && bootstrap up prod",
    ]
