"""`bootstrap promote`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.changing import Asked, ReleaseHold, change, changing
from bootstrap.cli.completion import complete_environment


@changing
def promote(
    asked: Asked,
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
) -> None:
    """Copy the images of one environment to another.

    And configuration and values, if you name them. Shows the diff first. Refuses where TO lacks a
    sealed secret that FROM has.
    """
    from bootstrap.commands.release.promote import PromoteOptions
    from bootstrap.commands.release.promote import promote as run

    options = PromoteOptions(config=config, values=tuple(values or ()), release_hold=release_hold)
    change(asked, lambda place: run(source, target, options, place), show_diff=True)
