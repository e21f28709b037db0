"""`bootstrap diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.completion import complete_environment, complete_side
from bootstrap.cli.options import (
    Context,
    DestinationContext,
    Format,
    Output,
    check_one_or_all,
    open_session,
)
from bootstrap.errors import EXIT_FAILURE, UsageError


def diff(
    environment: Annotated[
        str | None,
        typer.Argument(help="Name of the environment.", autocompletion=complete_environment),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every environment, against a revision.")
    ] = False,
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
    """Show what a push of the work tree would change.

    Nothing is changed. Secrets show as key names only. Exit code 0: the same; 1: different, or an
    error. With --all, environments without a file that differs from the revision are not rendered.
    """
    check_one_or_all(environment, every, "diff")
    if against != "live" and (context is not None or destination_context is not None):
        given = "--destination-context" if context is None else "--context"
        raise UsageError(
            f"--against {against} touches no cluster", f"leave {given} or --against out"
        )
    if environment is None:
        _diff_all(against, as_json=output is Format.JSON)
        return
    from bootstrap.commands.preview.diff import diff as run
    from bootstrap.helm import Helm
    from bootstrap.views.diff import show_diff

    session = open_session(context, destination_context)
    result = run(environment, against, session, helm=Helm.find)
    show_diff(result, as_json=output is Format.JSON)
    if result.diffs:
        raise typer.Exit(EXIT_FAILURE)


def _diff_all(against: str, *, as_json: bool) -> None:
    from bootstrap.commands.preview.diff_all import diff_all
    from bootstrap.helm import Helm
    from bootstrap.views.diff import show_diff_all

    session = open_session()
    if against == "live" or against in session.repository.applications():
        raise UsageError(
            f"--all compares with a revision, and {against} is "
            + ("the cluster" if against == "live" else "an environment"),
            "name one: `bootstrap diff --all --against main`",
        )
    result = diff_all(against, session, helm=Helm.find())
    show_diff_all(result, as_json=as_json)
    if result.differs:
        raise typer.Exit(EXIT_FAILURE)
