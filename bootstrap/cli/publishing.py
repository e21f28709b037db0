"""Options and steps of commands that change files and may commit, push and wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.options import DEFAULT_TIMEOUT, open_clusters, parse_duration
from bootstrap.errors import UsageError

if TYPE_CHECKING:
    from bootstrap.checkout.clusters import Clusters
    from bootstrap.checkout.publish import PublishOptions

Commit = Annotated[bool, typer.Option("--commit", help="Commit what changed, and only that.")]
Push = Annotated[bool, typer.Option("--push", help="Commit and push; never by force.")]
Branch = Annotated[
    str | None,
    typer.Option(
        "--branch",
        metavar="NAME",
        help="Commit on a new branch, for a pull request; your files stay as they are.",
    ),
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Commit, push, and wait until the commit is running.")
]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long to wait, and where to look."""

    seconds: float
    clusters: Clusters
    given: tuple[str, ...]
    """The options of these that the user gave."""


def publish_options(*, commit: bool, push: bool, branch: str | None, wait: bool) -> PublishOptions:
    """Return what the options ask for; --wait pushes, which a branch for a pull request is not."""
    from bootstrap.checkout.publish import PublishOptions

    if wait and branch is not None:
        raise UsageError(
            "--wait does not go with --branch: nothing runs before the branch is merged",
            "leave one of them out",
        )
    return PublishOptions(commit=commit, push=push or wait, branch=branch)


def waiting(timeout: str, context: str | None, destination_context: str | None) -> Waiting:
    """Return what the options say of waiting."""
    contexts = {"--context": context, "--destination-context": destination_context}
    given = [option for option, value in contexts.items() if value is not None]
    if timeout != DEFAULT_TIMEOUT:
        given.insert(0, "--timeout")
    clusters = open_clusters(context, destination_context)
    return Waiting(parse_duration(timeout), clusters, tuple(given))


def refuse_idle(how: Waiting, *, looks: bool) -> None:
    """Raise UsageError where, without --wait, an option would be looked at by nothing.

    A command that `looks` into the cluster all the same has a use for contexts.
    """
    for option in how.given:
        if option == "--timeout" or not looks:
            raise UsageError(f"{option} is used only with --wait", "add --wait, or leave it out")
