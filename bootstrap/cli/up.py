"""`bootstrap up`."""

from __future__ import annotations

import functools
from typing import Annotated

import typer

from bootstrap.cli.completion import complete_environment
from bootstrap.cli.options import (
    Context,
    ControllerNamespace,
    ControllerService,
    Format,
    Output,
    connect,
    open_repository,
    parse_duration,
)


def up(
    environment: Annotated[
        str | None,
        typer.Argument(
            help="Name of the environment [default: all].", autocompletion=complete_environment
        ),
    ] = None,
    context: Context = None,
    destination_context: Annotated[
        str | None,
        typer.Option(help="Context of the cluster that environments run in, if not Argo CD's own."),
    ] = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    timeout: Annotated[str, typer.Option(help="How long to wait, such as 90s, 5m or 1h.")] = "5m",
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Apply, and leave the rest to Argo CD.")
    ] = False,
    force_conflicts: Annotated[
        bool, typer.Option("--force-conflicts", help="Take over fields of other managers.")
    ] = False,
    output: Output = Format.TEXT,
) -> None:
    """Give Argo CD its start (sealing key, project, root Application), then wait for Healthy.

    Waits until the pushed commit is Synced and Healthy, or says what is wrong.
    """
    import time
    from datetime import UTC, datetime

    from bootstrap.commands.up import UpOptions
    from bootstrap.commands.up import up as run
    from bootstrap.output import TerminalReporter
    from bootstrap.views.up import show_up

    seconds = parse_duration(timeout)
    controller = (controller_namespace, controller_name)
    git, repository = open_repository()
    result = run(
        environment,
        UpOptions(timeout_seconds=seconds, wait=not no_wait, force_conflicts=force_conflicts),
        repository=repository,
        git=git,
        connect=lambda: connect(context, *controller),
        connect_destination=(
            functools.cache(lambda: connect(destination_context, *controller))
            if destination_context
            else None
        ),
        clock=time,
        now=lambda: datetime.now(UTC),
        reporter=TerminalReporter(),
    )
    show_up(result, as_json=output is Format.JSON)
