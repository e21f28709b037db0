"""`bootstrap history`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.completion import EnvironmentArgument
from bootstrap.cli.options import Context, Format, Output, open_session


def history(
    environment: EnvironmentArgument,
    limit: Annotated[
        int, typer.Option(min=1, max=1000, help="How many commits to show, newest first.")
    ] = 20,
    output: Output = Format.TEXT,
    context: Context = None,
) -> None:
    """Show an environment's commits, and what Argo CD made of each.

    Newest first: who wrote it, when it was synced, and whether it runs, failed or waits.
    """
    from bootstrap.commands.watch.history import history as run
    from bootstrap.views.history import show_history

    result = run(environment, limit, open_session(context))
    show_history(result, as_json=output is Format.JSON)
