"""`bootstrap destroy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.completion import EnvironmentArgument
from bootstrap.cli.options import (
    DEFAULT_TIMEOUT,
    Context,
    DestinationContext,
    DryRun,
    Format,
    Output,
    Timeout,
    session_of,
)
from bootstrap.cli.publishing import Branch, Commit, Push, publish_options, refuse_idle, waiting
from bootstrap.errors import BootstrapError, UsageError

if TYPE_CHECKING:
    from bootstrap.environments.environment import Environment


def destroy(
    environment: EnvironmentArgument,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask for the environment's name.")
    ] = False,
    commit: Commit = False,
    push: Push = False,
    branch: Branch = None,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait", help="Push, see it deleted, remove its files too, prove that nothing is left."
        ),
    ] = False,
    without_cluster: Annotated[
        bool,
        typer.Option(
            "--without-cluster",
            help="Remove the files though nobody looked whether Argo CD has deleted the rest.",
        ),
    ] = False,
    context: Context = None,
    destination_context: DestinationContext = None,
    timeout: Timeout = DEFAULT_TIMEOUT,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Remove an environment from Git, so that Argo CD deletes it.

    Its Application goes first, its folder when Argo CD has deleted what it made: run it again, or
    let --wait do both. One that no remote ever had goes at once. Keys and other files that Git
    never had stay.
    """
    from bootstrap.commands.destroy.deletion import DestroyOptions
    from bootstrap.commands.destroy.destroy import destroy as run
    from bootstrap.views.destroy import show_destroy

    if wait and without_cluster:
        raise UsageError("--wait looks into the cluster", "leave --without-cluster or --wait out")
    how = waiting(timeout, context, destination_context)
    if not wait:
        refuse_idle(how, looks=True)
    options = publish_options(commit=commit, push=push, branch=branch, wait=wait)
    result = run(
        environment,
        DestroyOptions(
            options,
            wait=wait,
            without_cluster=without_cluster,
            timeout_seconds=how.seconds,
            dry_run=dry_run,
        ),
        session_of(how.clusters),
        confirm=(lambda _environment: None) if yes else _ask,
    )
    show_destroy(
        result, dry_run=dry_run, without_cluster=without_cluster, as_json=output is Format.JSON
    )


def _ask(environment: Environment) -> None:
    import sys

    if not sys.stdin.isatty():
        raise UsageError(
            "destroy asks for the environment's name, and there is no terminal to ask on",
            "add --yes if you mean it",
        )
    typer.echo(
        f"This removes {environment.name} and all that runs in namespace {environment.namespace}.",
        err=True,
    )
    answer = typer.prompt("Write its name to go on", default="", show_default=False, err=True)
    if answer.strip() != environment.name:
        raise BootstrapError(
            f"that is not {environment.name!r}; nothing was changed", "run it again if you mean it"
        )
