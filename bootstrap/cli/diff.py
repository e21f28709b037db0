"""`bootstrap diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.completion import EnvironmentArgument, complete_side
from bootstrap.cli.options import (
    Context,
    DestinationContext,
    Format,
    Output,
    open_places,
    open_repository,
)
from bootstrap.errors import EXIT_FAILURE


def diff(
    environment: EnvironmentArgument,
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="live|REV|ENV",
            help="The cluster, a revision, or an environment.",
            autocompletion=complete_side,
        ),
    ] = "live",
    output: Output = Format.TEXT,
    context: Context = None,
    destination_context: DestinationContext = None,
) -> None:
    """Show what a push of the work tree would change; nothing is changed.

    Secrets show as key names only. Exit code 0: the same; 1: different, or an error.
    """
    from datetime import UTC, datetime

    from bootstrap.commands.preview.diff import diff as run
    from bootstrap.helm import Helm
    from bootstrap.terminal.output import TerminalReporter
    from bootstrap.views.diff import show_diff

    git, repository = open_repository()
    result = run(
        environment,
        against,
        repository=repository,
        git=git,
        helm=Helm.find,
        places=open_places(context, destination_context),
        now=datetime.now(UTC),
        reporter=TerminalReporter(),
    )
    show_diff(result, as_json=output is Format.JSON)
    if result.diffs:
        raise typer.Exit(EXIT_FAILURE)
