"""`bootstrap doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.completion import EnvironmentOrAll
from bootstrap.cli.options import (
    Context,
    ControllerNamespace,
    ControllerService,
    Format,
    Output,
    open_session,
)
from bootstrap.errors import EXIT_FAILURE, UsageError


def doctor(
    environment: EnvironmentOrAll = None,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask neither the cluster nor the remote.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 for warnings, too.")
    ] = False,
    output: Output = Format.TEXT,
) -> None:
    """Find what is wrong, or soon will be, and what mends it.

    In the files, in Git, in the cluster. Changes nothing. Each finding says why it matters and what
    mends it. Exit code 1 if one is an error.
    """
    from bootstrap.commands.doctor.doctor import doctor as run
    from bootstrap.views.doctor import show_doctor

    where = (context, controller_namespace, controller_name)
    names = ("--context", "--controller-namespace", "--controller-name")
    for name, value in zip(names, where, strict=True):
        if offline and value is not None:
            raise UsageError(f"{name} does not go with --offline", "leave one of them out")
    findings = run(
        environment,
        open_session(context, controller=(controller_namespace, controller_name)),
        offline=offline,
        needs_cluster=context is not None,
    )
    if not show_doctor(findings, strict=strict, as_json=output is Format.JSON):
        raise typer.Exit(EXIT_FAILURE)
