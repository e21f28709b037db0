"""What the commands that change an environment refuse to wait for, before they change anything."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from bootstrap.cli.pause import pause, resume
from bootstrap.cli.promote import promote
from bootstrap.cli.rollback import rollback
from bootstrap.cli.upgrade import upgrade
from tests.unit.shared_tree import Shared
from tests.unit.work_tree import ORIGIN

CHANGES = {
    "upgrade": ("upgrade", "prod", "--dispatcher", ":2.0"),
    "promote": ("promote", "staging", "prod"),
    "rollback": ("rollback", "prod", "--to", "HEAD~1"),
}
COMMANDS = CHANGES | {"pause": ("pause", "prod"), "resume": ("resume", "prod")}
REFUSED = {
    "branch": (
        "error: prod follows release, not main, so --wait can't succeed; nothing was changed",
        "  fix: check out release if that is a branch; or give --push for --wait, and"
        " `bootstrap wait prod` once it is merged",
    ),
    "paused": (
        "error: the sync of prod is paused, so --wait can't succeed; nothing was changed",
        "  fix: end that first with `bootstrap resume prod --push`, or give --push for --wait",
    ),
    "manual": (
        "error: the sync of prod is manual, so --wait can't succeed; nothing was changed",
        "  fix: give --push for --wait, then `argocd app sync agentsmith-prod` and"
        " `bootstrap wait prod`",
    ),
}
SWITCHES = {
    "branch": ("init", "prod", "--revision", "release"),
    "paused": ("pause", "prod"),
    "manual": ("init", "prod", "--sync", "manual"),
}


def arrange(shared: Shared, state: str) -> None:
    """Push an environment to promote from, and prod in a state that no push gets it out of."""
    assert shared.tree.run("init", "staging", "--repo-url", ORIGIN).code == 0
    shared.push("Add staging")
    assert shared.tree.run("upgrade", "staging", "--dispatcher", ":2.0").code == 0
    assert shared.tree.run("upgrade", "prod", "--dispatcher", ":1.0").code == 0
    shared.push("Set images")
    assert shared.tree.run(*SWITCHES[state]).code == 0
    shared.push("Switch")


@pytest.mark.parametrize("state", SWITCHES)
def test_what_a_push_can_not_bring_about_is_refused_before_anything_is_written(
    shared: Shared, state: str
):
    arrange(shared, state)
    commands = COMMANDS if state == "branch" else CHANGES
    before, pushed = shared.tree.snapshot(), shared.ask("rev-parse", "main")

    ended = [
        shared.tree.run(*command, "--wait", *options)
        for command in commands.values()
        for options in ((), ("--dry-run",))
    ]

    refused = (1, "", list(REFUSED[state]))
    assert [(done.code, done.out, done.lines) for done in ended] == [refused] * 2 * len(commands)
    assert (shared.tree.snapshot(), shared.ask("rev-parse", "main")) == (before, pushed)
    assert shared.tree.run(*CHANGES["upgrade"], "--push").code == 0


def test_the_sync_that_is_switched_may_be_paused(shared: Shared):
    arrange(shared, "paused")

    assert [
        shared.tree.run(command, "prod", "--wait", "--dry-run").code
        for command in ("pause", "resume")
    ] == [0, 0]


def test_the_remote_knows_which_branch_head_is(shared: Shared):
    assert shared.tree.run("init", "prod", "--revision", "HEAD").code == 0
    shared.push("Follow the default branch")

    done = shared.tree.run(*COMMANDS["upgrade"], "--wait", "--dry-run")

    assert done.code == 0


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("upgrade", ("--timeout", "--context", "--destination-context")),
        ("promote", ("--timeout", "--context", "--destination-context")),
        ("rollback", ("--timeout", "--context", "--destination-context")),
        ("pause", ("--timeout", "--context", "--destination-context")),
        ("resume", ("--timeout",)),
        ("destroy", ("--timeout",)),
    ],
)
def test_what_only_waiting_looks_at_is_refused_without_it(
    shared: Shared, command: str, options: tuple[str, ...]
) -> None:
    arguments = (COMMANDS | {"destroy": ("destroy", "prod", "--yes")})[command]
    before = shared.tree.snapshot()

    for option in options:
        done = shared.tree.run(*arguments, option, "9s")
        assert (done.code, done.lines) == (
            2,
            [
                f"error: {option} is used only with --wait",
                "  fix: add --wait, or leave it out",
            ],
        )
    assert shared.tree.snapshot() == before


@pytest.mark.parametrize("command", [pause, resume, promote, rollback, upgrade])
def test_every_change_is_published_waited_for_and_shown_by_the_same_options(
    command: Callable[..., None],
) -> None:
    names = list(inspect.signature(command).parameters)

    assert names[names.index("commit") :] == [
        "commit", "push", "branch", "wait", "timeout", "context", "destination_context", "dry_run",
        "output",
    ]  # fmt: skip
