"""`bootstrap wait`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.completion import EnvironmentArgument, complete_revision
from bootstrap.cli.options import (
    DEFAULT_TIMEOUT,
    Context,
    DestinationContext,
    Format,
    Output,
    Timeout,
    session_of,
)
from bootstrap.cli.publishing import waiting


def wait(
    environment: EnvironmentArgument,
    commit: Annotated[
        str | None,
        typer.Option(
            help="Commit to wait for [default: what is pushed].", autocompletion=complete_revision
        ),
    ] = None,
    context: Context = None,
    destination_context: DestinationContext = None,
    timeout: Timeout = DEFAULT_TIMEOUT,
    output: Output = Format.TEXT,
) -> None:
    """Wait until a commit, or a later one, is Synced and Healthy.

    Changes nothing. Says what is wrong where it can't get there, and ends at once if it is there.
    """
    from bootstrap.checkout.environments import require_environment
    from bootstrap.commands.watch.wait import see_running
    from bootstrap.terminal.output import print_json

    how = waiting(timeout, context, destination_context)
    session = session_of(how.clusters)
    chosen = require_environment(session.repository, environment)
    running, seconds = see_running(chosen, commit, session, timeout_seconds=how.seconds)
    if output is Format.JSON:
        print_json({"environment": chosen.name, "commit": running, "seconds": seconds})
