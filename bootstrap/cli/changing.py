"""What the commands that change one environment share: options into edges, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.options import (
    DEFAULT_TIMEOUT,
    Context,
    DestinationContext,
    DryRun,
    Format,
    Output,
    Timeout,
    session_of,
)
from bootstrap.cli.publishing import (
    Branch,
    Commit,
    Push,
    Wait,
    Waiting,
    publish_options,
    refuse_idle,
    waiting,
)
from bootstrap.cli.sharing import sharing

if TYPE_CHECKING:
    from bootstrap.commands.release.change import Changed, Workplace

ReleaseHold = Annotated[
    bool, typer.Option("--release-hold", help="End the hold that a rollback left, and go on.")
]


@dataclass(frozen=True, slots=True)
class Asked:
    """How far a change goes and how its result is shown, as the options say."""

    commit: bool
    push: bool
    branch: str | None
    wait: bool
    waiting: Waiting
    dry_run: bool
    output: Format


def _read(
    commit: Commit = False,
    push: Push = False,
    branch: Branch = None,
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    context: Context = None,
    destination_context: DestinationContext = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> Asked:
    how = waiting(timeout, context, destination_context)
    return Asked(commit, push, branch, wait, how, dry_run, output)


changing = sharing(_read)
"""Adds to a command the options that every change of an environment has; it gets an `Asked`."""


def change(
    asked: Asked,
    run: Callable[[Workplace], Changed],
    *,
    show_diff: bool = False,
    looks: bool = False,
) -> None:
    """Run a command that changes an environment, show its result, and wait if asked to.

    With `show_diff` it is shown before the change as well, not only in a dry run. `looks` says that
    the command looks into the cluster without --wait, too.
    """
    from bootstrap.commands.release.change import Workplace, see_through
    from bootstrap.views.change import print_changed, print_edits, show_changed

    if not asked.wait:
        refuse_idle(asked.waiting, looks=looks)
    as_json, dry_run = asked.output is Format.JSON, asked.dry_run
    shows = (dry_run or show_diff) and not as_json
    place = Workplace(
        session=session_of(asked.waiting.clusters),
        publishing=publish_options(
            commit=asked.commit, push=asked.push, branch=asked.branch, wait=asked.wait
        ),
        preview=print_edits if shows else lambda _edits: None,
        dry_run=dry_run,
        wait=asked.wait,
    )

    def finish(changed: Changed, seconds: float | None) -> None:
        if as_json:
            print_changed(changed, seconds, dry_run=dry_run)

    see_through(
        run,
        place,
        timeout_seconds=asked.waiting.seconds,
        show=lambda changed: show_changed(changed, dry_run=dry_run),
        finish=finish,
    )
