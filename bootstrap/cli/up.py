"""`bootstrap up`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.completion import EnvironmentOrAll
from bootstrap.cli.options import (
    DEFAULT_TIMEOUT,
    Context,
    ControllerNamespace,
    ControllerService,
    DestinationContext,
    Format,
    Output,
    Timeout,
    open_session,
    parse_duration,
)
from bootstrap.errors import BootstrapError, UsageError

if TYPE_CHECKING:
    from bootstrap.checkout.session import Session
    from bootstrap.cluster import Cluster


def up(
    environment: EnvironmentOrAll = None,
    context: Context = None,
    destination_context: DestinationContext = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    timeout: Timeout = DEFAULT_TIMEOUT,
    wait: Annotated[
        bool,
        typer.Option("--wait/--no-wait", help="Wait until it runs, or leave the rest to Argo CD."),
    ] = True,
    force_conflicts: Annotated[
        bool, typer.Option("--force-conflicts", help="Take over fields of other managers.")
    ] = False,
    install: Annotated[
        bool,
        typer.Option(
            "--install", help="Install Argo CD and sealed-secrets, on a cluster that has neither."
        ),
    ] = False,
    charts: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Folder of chart archives for --install, where no chart repository is in reach.",
        ),
    ] = None,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt", help="Take over what this repository has under its old address, if asked."
        ),
    ] = False,
    adopt_secret: Annotated[
        bool,
        typer.Option(
            "--adopt-secret",
            help="Have sealed-secrets take over a Secret that is there already, if asked.",
        ),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Do not ask before any of these takes over or changes a file."),
    ] = False,
    output: Output = Format.TEXT,
) -> None:
    """Give Argo CD its start, and wait until what is pushed runs.

    Its start: sealing key, project, root Application. Waits until the pushed commit is Synced and
    Healthy, or says what is wrong.
    """
    from bootstrap.commands.up.up import UpOptions
    from bootstrap.commands.up.up import up as run
    from bootstrap.views.up import show_up

    if charts is not None and not install:
        raise UsageError("--charts is used only with --install", "add --install")
    if yes and not (adopt or adopt_secret or install):
        raise UsageError(
            "--yes is used only with --adopt, --adopt-secret or --install",
            "add one of them, or leave it out",
        )
    seconds = parse_duration(timeout)
    session = open_session(context, destination_context, (controller_namespace, controller_name))
    result = run(
        environment,
        UpOptions(
            timeout_seconds=seconds,
            wait=wait,
            force_conflicts=force_conflicts,
            adopt=((lambda _old: None) if yes else _ask_adopt) if adopt else None,
            adopt_secret=((lambda _loss: None) if yes else _ask_secret) if adopt_secret else None,
        ),
        session,
        prepare=(
            _installer(environment, session, charts, seconds, force_conflicts, yes)
            if install
            else None
        ),
    )
    show_up(result, as_json=output is Format.JSON)


def _ask_adopt(old: str) -> None:
    _confirm(
        f"The root, the project and the Applications of {old} become ours.",
        f"--adopt asks before it takes over what {old} has",
        _TAKEN,
    )


def _ask_secret(loss: str) -> None:
    _confirm(f"{loss}.", f"--adopt-secret asks before anything is lost: {loss}", _TAKEN)


def _ask_to_change() -> None:
    _confirm(
        "In these lines the new address is put; every other byte stays.",
        "--install asks before it changes an address in a file of yours",
        _Question("Change them?", "nothing was changed", ", or change the address by hand"),
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, and what is said where nobody agrees."""

    text: str
    refused: str
    or_else: str = ""


_TAKEN = _Question("Go on?", "nothing was taken over")


def _confirm(shown: str, otherwise: str, question: _Question) -> None:
    import sys

    if not sys.stdin.isatty():
        raise UsageError(
            f"{otherwise}, and there is no terminal to ask on",
            f"add --yes if you mean it{question.or_else}",
        )
    typer.echo(shown, err=True)
    if not typer.confirm(question.text, default=False, err=True):
        raise BootstrapError(question.refused, f"run it again if you mean it{question.or_else}")


def _installer(
    environment: str | None,
    session: Session,
    charts: str | None,
    seconds: float,
    force_conflicts: bool,
    yes: bool,
) -> Callable[[Cluster], None]:
    """Write the platform's files where they are missing; return what installs it."""
    from pathlib import Path

    from bootstrap.checkout.environments import load_root
    from bootstrap.commands.up.install import Install, install
    from bootstrap.commands.up.platform_files import load_platform, start_platform
    from bootstrap.helm.platform_chart import render_chart

    repository, reporter = session.repository, session.reporter
    start_platform(
        environment,
        repository=repository,
        connect=session.clusters.argocd,
        archives=None if charts is None else Path(charts),
        confirm=(lambda: None) if yes else _ask_to_change,
        reporter=reporter,
    )
    wanted = Install(
        load_platform(repository),
        load_root(repository),
        render=lambda chart, version: render_chart(repository.root, chart, version),
        timeout_seconds=seconds,
        force_conflicts=force_conflicts,
    )
    return lambda cluster: install(wanted, cluster, session.clock, reporter)
