"""`bootstrap status`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.completion import EnvironmentOrAll
from bootstrap.cli.options import Context, DestinationContext, Format, Output, open_session
from bootstrap.errors import EXIT_FAILURE, UsageError


def status(
    environment: EnvironmentOrAll = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Go on until Ctrl-C, and show what changes.")
    ] = False,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="End with 1 unless all is Synced and Healthy at the commit that is pushed.",
        ),
    ] = False,
    output: Output = Format.TEXT,
    context: Context = None,
    destination_context: DestinationContext = None,
) -> None:
    """Show what runs, what is wanted, and why it is not there.

    Changes nothing, and asks Argo CD once however many environments there are.
    """
    if watch and (exit_code or output is Format.JSON):
        raise UsageError(
            "--watch goes on until Ctrl-C, and shows text",
            "leave it out for --exit-code and for -o json",
        )
    from bootstrap.commands.watch.status import StatusReader
    from bootstrap.commands.watch.status import watch as run
    from bootstrap.views.status import show_status, watch_status

    session = open_session(context, destination_context)
    reader = StatusReader(environment, session)
    if watch:
        watch_status(run(reader, session.clock, session.reporter), in_full=environment is not None)
        return
    result = reader.read()
    show_status(result, as_json=output is Format.JSON, in_full=environment is not None)
    if exit_code and not result.is_fine:
        raise typer.Exit(EXIT_FAILURE)
