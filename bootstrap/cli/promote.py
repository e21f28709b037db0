"""`bootstrap promote`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.changing import Asked, ReleaseHold, change
from bootstrap.cli.completion import complete_environment
from bootstrap.cli.options import Context, DryRun, Format, Output
from bootstrap.cli.publishing import (
    DEFAULT_TIMEOUT,
    Branch,
    Commit,
    DestinationContext,
    Push,
    Timeout,
    Wait,
    waiting,
)


def promote(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FROM", help="Environment to copy from.", autocompletion=complete_environment
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TO", help="Environment to copy to.", autocompletion=complete_environment
        ),
    ],
    config: Annotated[bool, typer.Option("--config", help="Copy agentsmith.yml too.")] = False,
    values: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Copy this dotted key of values.yaml too; repeatable."),
    ] = None,
    release_hold: ReleaseHold = False,
    commit: Commit = False,
    push: Push = False,
    branch: Branch = None,
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    context: Context = None,
    destination_context: DestinationContext = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Copy the images of one environment to another, and what you name besides.

    Shows the diff first. Refuses where TO lacks a sealed secret that FROM has.
    """
    from bootstrap.commands.promote import PromoteOptions
    from bootstrap.commands.promote import promote as run

    options = PromoteOptions(config=config, values=tuple(values or ()), release_hold=release_hold)
    how = waiting(timeout, context, destination_context, wait=wait)
    asked = Asked(commit, push, branch, wait, how, dry_run, output)
    change(asked, lambda place: run(source, target, options, place), show_diff=True)
