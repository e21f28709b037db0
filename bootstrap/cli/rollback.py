"""`bootstrap rollback`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.changing import Asked, change, changing
from bootstrap.cli.completion import EnvironmentArgument, complete_revision


@changing
def rollback(
    asked: Asked,
    environment: EnvironmentArgument,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="Commit to go back to [default: the newest synced one whose files differ].",
            autocompletion=complete_revision,
        ),
    ] = None,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="Go back to its sealed secrets too.")
    ] = False,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; the commit and the hold say so.")
    ] = "",
) -> None:
    """Restore an environment's files as of an earlier commit.

    In a new commit. Without --to the earlier one is the newest one with other files that Argo CD
    synced with success; of its health Argo CD keeps no record.

    It keeps the newest secrets, and is held: `upgrade` and `promote` wait for --release-hold.
    """
    from bootstrap.commands.release.rollback import RollbackOptions
    from bootstrap.commands.release.rollback import rollback as run

    options = RollbackOptions(to, secrets, reason)
    change(
        asked,
        lambda place: run(environment, options, place),
        looks=to is None or secrets,
    )
