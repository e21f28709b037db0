"""What the commands that change one environment share: options into edges, and how they end."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bootstrap.cli.options import (
    DEFAULT_TIMEOUT,
    Context,
    DestinationContext,
    DryRun,
    Format,
    Output,
    Timeout,
    open_repository,
)
from bootstrap.cli.publishing import (
    Branch,
    Commit,
    Push,
    Wait,
    Waiting,
    publish_options,
    refuse_idle,
    wait_for,
    waiting,
)

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


def changing(command: Callable[..., None]) -> Callable[..., None]:
    """Add to a command, after its own options, those that every change of an environment has.

    The command gets them as its first argument, an Asked. Typer reads options off a signature, so
    that is what is made here.
    """
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    shared = inspect.signature(_read, eval_str=True).parameters

    @functools.wraps(command)
    def run(**given: Any) -> None:
        asked = _read(**{name: given.pop(name) for name in shared})
        command(asked, **given)

    parameters = [*own, *shared.values()]
    run.__annotations__ = {item.name: item.annotation for item in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


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
    from bootstrap.checkout.environments import load_root
    from bootstrap.checkout.ownership import check_if_reachable, check_ours
    from bootstrap.commands.release.change import Workplace
    from bootstrap.terminal.output import TerminalReporter
    from bootstrap.views.change import print_changed, print_edits, show_changed

    if not asked.wait:
        refuse_idle(asked.waiting, looks=looks)
    as_json = asked.output is Format.JSON
    publishing = publish_options(
        commit=asked.commit, push=asked.push, branch=asked.branch, wait=asked.wait
    )
    git, repository = open_repository()
    reporter = TerminalReporter()
    shows = (asked.dry_run or show_diff) and not as_json
    place = Workplace(
        repository=repository,
        git=git,
        reporter=reporter,
        publishing=publishing,
        preview=print_edits if shows else lambda _edits: None,
        dry_run=asked.dry_run,
        reach=lambda environment: check_ours(
            load_root(repository),
            [environment],
            asked.waiting.places.home(),
            command="--wait",
        ),
        look=lambda environment: check_if_reachable(
            environment, repository, asked.waiting.places, reporter, command="bootstrap resume"
        ),
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
