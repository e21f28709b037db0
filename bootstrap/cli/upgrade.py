"""`bootstrap upgrade`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.changing import Asked, ReleaseHold, change
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

_FORMS = "A whole reference, or only :TAG or @DIGEST to keep the repository."


def upgrade(
    environment: EnvironmentArgument,
    dispatcher: Annotated[
        str | None, typer.Option(metavar="IMAGE", help=f"Image of the dispatcher. {_FORMS}")
    ] = None,
    agent: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="Image of the agent Jobs, likewise.")
    ] = None,
    release_hold: ReleaseHold = False,
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
    """Set the images of an environment in its values.yaml, which keeps every other byte.

    Without --commit, --push or --wait it changes the file and says what comes next.
    """
    from bootstrap.commands.upgrade import UpgradeOptions
    from bootstrap.commands.upgrade import upgrade as run

    given = {"dispatcher": dispatcher, "agent": agent}
    images = {name: image for name, image in given.items() if image is not None}
    options = UpgradeOptions(images, release_hold)
    how = waiting(timeout, context, destination_context, wait=wait)
    asked = Asked(commit, push, branch, wait, how, dry_run, output)
    change(asked, lambda place: run(environment, options, place))
