"""`bootstrap pause` and `bootstrap resume`."""

from __future__ import annotations

from bootstrap.cli.changing import Asked, change, changing
from bootstrap.cli.completion import EnvironmentArgument


@changing
def pause(asked: Asked, environment: EnvironmentArgument) -> None:
    """Turn an environment's automated sync off, in Git.

    Pushes wait until it is resumed.
    """
    from bootstrap.commands.release.pause import pause as run

    change(asked, lambda place: run(environment, place))


@changing
def resume(asked: Asked, environment: EnvironmentArgument) -> None:
    """Turn an environment's automated sync on again, in Git.

    Argo CD brings it to what is pushed.
    """
    from bootstrap.commands.release.pause import resume as run

    change(asked, lambda place: run(environment, place), looks=True)
