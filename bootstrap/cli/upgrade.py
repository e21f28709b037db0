"""`bootstrap upgrade`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.changing import Asked, ReleaseHold, change, changing
from bootstrap.cli.completion import EnvironmentArgument

_FORMS = "A whole reference, or only :TAG or @DIGEST to keep the repository."


@changing
def upgrade(
    asked: Asked,
    environment: EnvironmentArgument,
    dispatcher: Annotated[
        str | None, typer.Option(metavar="IMAGE", help=f"Image of the dispatcher. {_FORMS}")
    ] = None,
    agent: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="Image of the agent Jobs, likewise.")
    ] = None,
    release_hold: ReleaseHold = False,
) -> None:
    """Set the images of an environment in its values.yaml.

    Every other byte stays. Without --commit, --push or --wait it changes the file and says what
    comes next.
    """
    from bootstrap.commands.release.upgrade import UpgradeOptions
    from bootstrap.commands.release.upgrade import upgrade as run

    given = {"dispatcher": dispatcher, "agent": agent}
    images = {name: image for name, image in given.items() if image is not None}
    options = UpgradeOptions(images, release_hold)
    change(asked, lambda place: run(environment, options, place))
