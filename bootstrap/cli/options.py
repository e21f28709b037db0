"""Options and steps that several commands share."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.errors import UsageError, working_directory_gone

if TYPE_CHECKING:
    from bootstrap.checkout.clusters import Clusters
    from bootstrap.checkout.session import Session
    from bootstrap.cluster import Cluster
    from bootstrap.files.repository import Repository
    from bootstrap.git import Git


class Format(StrEnum):
    """How data is shown."""

    TEXT = "text"
    JSON = "json"


DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")]
Output = Annotated[Format, typer.Option("--output", "-o", help="text, or json for scripts.")]
Context = Annotated[
    str | None, typer.Option("--context", help="Context of the kubeconfig [default: its own].")
]
DestinationContext = Annotated[
    str | None,
    typer.Option(
        "--destination-context",
        help="Context of the cluster that environments run in, if not Argo CD's own.",
    ),
]
Timeout = Annotated[str, typer.Option("--timeout", help="How long to wait, such as 90s, 5m or 1h.")]
DEFAULT_TIMEOUT = "5m"


def open_repository() -> tuple[Git, Repository]:
    """Return the edges of the repository that the working directory is in."""
    from pathlib import Path

    from bootstrap.files.repository import Repository
    from bootstrap.git import Git

    try:
        folder = Path.cwd()
    except OSError:
        raise working_directory_gone() from None
    git = Git.find(folder)
    return git, Repository(git.root)


def open_session(
    context: str | None = None,
    destination_context: str | None = None,
    controller: tuple[str | None, str | None] = (None, None),
) -> Session:
    """Return what a use case is handed; clusters are those of the contexts."""
    return session_of(open_clusters(context, destination_context, controller))


def session_of(clusters: Clusters) -> Session:
    """Return what a use case is handed in the repository that the working directory is in."""
    import time
    from datetime import UTC, datetime

    from bootstrap.checkout.session import Session
    from bootstrap.terminal.output import TerminalReporter

    git, repository = open_repository()
    return Session(repository, git, clusters, time, lambda: datetime.now(UTC), TerminalReporter())


ControllerNamespace = Annotated[
    str | None,
    typer.Option("--controller-namespace", help="Namespace of the controller [default: found]."),
]
ControllerService = Annotated[
    str | None,
    typer.Option("--controller-name", help="Service of the controller [default: found]."),
]


def check_one_or_all(environment: str | None, every: bool, command: str) -> None:
    """Raise UsageError unless either an environment or --all is given."""
    if every and environment is not None:
        raise UsageError(
            f"--all is every environment, and {environment} is one", "leave one of them out"
        )
    if not every and environment is None:
        raise UsageError(
            "say which environment, or --all", f"for example `bootstrap {command} prod`"
        )


def check_cluster_options(
    cert: str | None,
    from_cluster: bool,
    context: str | None,
    controller_namespace: str | None,
    controller_name: str | None,
) -> None:
    """Raise UsageError where options say two things, or one that nothing looks at."""
    if cert is not None and from_cluster:
        raise UsageError("--cert and --from-cluster exclude each other", "give one of the two")
    for option, value in (
        ("--context", context),
        ("--controller-namespace", controller_namespace),
        ("--controller-name", controller_name),
    ):
        if value is not None and not from_cluster:
            raise UsageError(f"{option} is used only with --from-cluster", "add --from-cluster")


def connect(
    context: str | None,
    controller_namespace: str | None = None,
    controller_name: str | None = None,
) -> Cluster:
    """Connect to the cluster of `context`; this is where the Kubernetes client is imported."""
    from bootstrap.cluster import Cluster
    from bootstrap.cluster.controller import ControllerName

    return Cluster.connect(context, ControllerName(controller_namespace, controller_name))


def open_clusters(
    context: str | None,
    destination_context: str | None,
    controller: tuple[str | None, str | None] = (None, None),
) -> Clusters:
    """Return what connects to the clusters of these contexts, when one is needed."""
    from bootstrap.checkout.clusters import Clusters

    return Clusters(
        lambda: connect(context, *controller),
        (lambda: connect(destination_context, *controller)) if destination_context else None,
    )


def certificate_source(
    cert: str | None,
    from_cluster: bool,
    context: str | None,
    controller_namespace: str | None = None,
    controller_name: str | None = None,
) -> Callable[[], tuple[str, str]] | None:
    """Return what fetches the certificate that the options name, None if they name none."""
    if from_cluster:

        def fetch() -> tuple[str, str]:
            cluster = connect(context, controller_namespace, controller_name)
            return cluster.sealing.fetch_certificate(), f"the certificate of {cluster.context}"

        return functools.cache(fetch)
    if cert is not None:
        from bootstrap.files.input import name_certificate, read_certificate
        from bootstrap.web import download

        return functools.cache(lambda: (read_certificate(cert, download), name_certificate(cert)))
    return None


def parse_duration(text: str) -> float:
    """Return the seconds that `text` (90s, 5m, 1h or a number) means."""
    match = re.fullmatch(r"(\d+)(s|m|h)?", text)
    if not match:
        raise UsageError(f"--timeout {text!r} is no duration", "write it like 90s, 5m or 1h")
    return float(match[1]) * {None: 1, "s": 1, "m": 60, "h": 3600}[match[2]]
