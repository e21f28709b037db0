"""What the commands that change one environment share: options into edges, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.options import Format, open_repository
from bootstrap.cli.publishing import Waiting, publish_options, wait_for

if TYPE_CHECKING:
    from bootstrap.commands.change import Changed, Workplace

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


def change(asked: Asked, run: Callable[[Workplace], Changed], *, show_diff: bool = False) -> None:
    """Run a command that changes an environment, show its result, and wait if asked to.

    With `show_diff` it is shown before the change as well, not only in a dry run.
    """
    from bootstrap.commands.change import Workplace
    from bootstrap.output import TerminalReporter
    from bootstrap.views.change import print_changed, print_edits, show_changed

    as_json = asked.output is Format.JSON
    publishing = publish_options(
        commit=asked.commit, push=asked.push, branch=asked.branch, wait=asked.wait
    )
    git, repository = open_repository()
    shows = (asked.dry_run or show_diff) and not as_json
    place = Workplace(
        repository=repository,
        git=git,
        reporter=TerminalReporter(),
        publishing=publishing,
        preview=print_edits if shows else lambda _edits: None,
        dry_run=asked.dry_run,
        reach=lambda: asked.waiting.places.home().argocd.read_applications(),
        wait=asked.wait,
    )
    changed = run(place)
    show_changed(changed, dry_run=asked.dry_run)
    seconds = None
    try:
        if asked.wait and not asked.dry_run:
            seconds = wait_for(
                changed.published, changed.environment, asked.waiting,
                repository=repository, git=git,
            )  # fmt: skip
    finally:  # what was pushed is pushed, however the waiting ends
        if as_json:
            print_changed(changed, seconds, dry_run=asked.dry_run)
