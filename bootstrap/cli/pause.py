"""`bootstrap pause` and `bootstrap resume`."""

from __future__ import annotations

from bootstrap.cli.changing import Asked, change
from bootstrap.cli.completion import EnvironmentArgument
from bootstrap.cli.options import Context, DryRun, Format, Output
from bootstrap.cli.publishing import (
    DEFAULT_TIMEOUT,
    Branch,
    Commit,
    DestinationContext,
    Push,
    Timeout,
    Wait,
    waiting,
)


def pause(
    environment: EnvironmentArgument,
    commit: Commit = False,
    push: Push = False,
    branch: Branch = None,
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    context: Context = None,
    destination_context: DestinationContext = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Turn an environment's automated sync off, in Git: pushes wait until it is resumed."""
    from bootstrap.commands.pause import pause as run

    how = waiting(timeout, context, destination_context, wait=wait)
    asked = Asked(commit, push, branch, wait, how, dry_run, output)
    change(asked, lambda place: run(environment, place))


def resume(
    environment: EnvironmentArgument,
    commit: Commit = False,
    push: Push = False,
    branch: Branch = None,
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    context: Context = None,
    destination_context: DestinationContext = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Turn an environment's automated sync on again: Argo CD brings it to what is pushed."""
    from bootstrap.commands.pause import resume as run

    how = waiting(timeout, context, destination_context, wait=wait)
    asked = Asked(commit, push, branch, wait, how, dry_run, output)
    change(asked, lambda place: run(environment, place))
