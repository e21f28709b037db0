"""The command line: options in, one use case called, its result shown.

Use cases are imported inside the commands: `--help` and completion must not wait for libraries.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.errors import UsageError

if TYPE_CHECKING:
    from bootstrap.cluster import Cluster
    from bootstrap.git import Git
    from bootstrap.repository import Repository

app = typer.Typer(
    name="bootstrap",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    # a traceback with local variables would show secrets
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Sync(StrEnum):
    """Who starts a sync."""

    AUTO = "auto"
    MANUAL = "manual"


class Format(StrEnum):
    """How data is shown."""

    TEXT = "text"
    JSON = "json"


DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")]
Output = Annotated[Format, typer.Option("--output", "-o", help="text, or json for scripts.")]
Context = Annotated[
    str | None, typer.Option("--context", help="Context of the kubeconfig [default: its own].")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("agentsmith-bootstrap"))
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", is_eager=True, callback=_show_version
        ),
    ] = False,
) -> None:
    """GitOps for Agent Smith: write an environment, seal its secrets, push.

    Argo CD does the rest.
    """


@app.command(
    epilog="Example: bootstrap init prod --namespace agentsmith-prod --revision main",
)
def init(
    environment: Annotated[str, typer.Argument(help="Name of the environment: a DNS label.")],
    repo_url: Annotated[
        str | None, typer.Option(help="URL that Argo CD clones [default: remote origin].")
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option(help="Branch, tag or commit to follow [default: the current branch]."),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option(help="Namespace [default: agentsmith-ENVIRONMENT].")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="API server URL or Argo CD cluster name [default: in-cluster]."),
    ] = None,
    sync: Annotated[
        Sync | None,
        typer.Option(help="auto prunes and self-heals; manual waits for you [default: auto]."),
    ] = None,
    cert: Annotated[
        str | None, typer.Option(help="Sealing certificate: a PEM file or an http(s) URL.")
    ] = None,
    from_cluster: Annotated[
        bool, typer.Option("--from-cluster", help="Take the certificate of the controller.")
    ] = False,
    context: Context = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Write an environment and its Argo CD Application. Touches no cluster by default.

    What is not given stays as it is, or has its default. Run twice, it changes nothing.
    """
    from datetime import UTC, datetime

    from bootstrap.commands.init import InitOptions
    from bootstrap.commands.init import init as run
    from bootstrap.output import TerminalReporter
    from bootstrap.views import show_init

    if cert is not None and from_cluster:
        raise UsageError("--cert and --from-cluster exclude each other", "give one of the two")
    if context is not None and not from_cluster:
        raise UsageError("--context is used only with --from-cluster", "add --from-cluster")
    git, repository = _open_repository()
    result = run(
        environment,
        InitOptions(
            repo_url=repo_url,
            revision=revision,
            namespace=namespace,
            cluster=cluster,
            automated=None if sync is None else sync is Sync.AUTO,
            certificate=_certificate_source(cert, from_cluster, context),
            dry_run=dry_run,
        ),
        repository=repository,
        git=git,
        now=datetime.now(UTC),
        reporter=TerminalReporter(),
    )
    show_init(result, repository, dry_run=dry_run, as_json=output is Format.JSON)


@app.command(epilog="Example: bootstrap seal secrets.local.yaml --env prod")
def seal(
    file: Annotated[
        str,
        typer.Argument(
            help="Plaintext secrets: a `secrets:` block, a .env, a Secret; - reads stdin."
        ),
    ],
    env: Annotated[
        str | None,
        typer.Option(help="Environment [default: that of FILE's folder, else the only one]."),
    ] = None,
    cert: Annotated[
        str | None,
        typer.Option(help="Seal for this certificate (file or URL), not the environment's own."),
    ] = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Turn plaintext secrets into a SealedSecret that is safe to commit.

    Keys that FILE does not hold keep their sealed value; unchanged values keep their ciphertext.
    """
    from datetime import UTC, datetime

    from bootstrap.commands.choose import choose_environment
    from bootstrap.commands.plaintext import read_plaintext
    from bootstrap.commands.seal import seal as run
    from bootstrap.output import TerminalReporter
    from bootstrap.views import show_seal

    git, repository = _open_repository()
    chosen = choose_environment(repository, env, file)
    result = run(
        chosen,
        read_plaintext(file),
        certificate=_certificate_source(cert, False, None),
        repository=repository,
        git=git,
        now=datetime.now(UTC),
        reporter=TerminalReporter(),
        dry_run=dry_run,
    )
    show_seal(result, dry_run=dry_run, as_json=output is Format.JSON)


@app.command(epilog="Example: bootstrap up prod --context my-cluster")
def up(
    environment: Annotated[
        str | None, typer.Argument(help="Name of the environment [default: all].")
    ] = None,
    context: Context = None,
    destination_context: Annotated[
        str | None,
        typer.Option(help="Context of the cluster that environments run in, if not Argo CD's own."),
    ] = None,
    timeout: Annotated[str, typer.Option(help="How long to wait, such as 90s, 5m or 1h.")] = "5m",
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Apply, and leave the rest to Argo CD.")
    ] = False,
    force_conflicts: Annotated[
        bool, typer.Option("--force-conflicts", help="Take over fields of other managers.")
    ] = False,
    output: Output = Format.TEXT,
) -> None:
    """Give Argo CD its start (sealing key, project, root Application), then wait for Healthy.

    Waits until the pushed commit is Synced and Healthy, or says what is wrong.
    """
    import time
    from datetime import UTC, datetime

    from bootstrap.commands.up import UpOptions
    from bootstrap.commands.up import up as run
    from bootstrap.output import TerminalReporter
    from bootstrap.views import show_up

    seconds = _parse_duration(timeout)
    git, repository = _open_repository()
    result = run(
        environment,
        UpOptions(timeout_seconds=seconds, wait=not no_wait, force_conflicts=force_conflicts),
        repository=repository,
        git=git,
        connect=lambda: _connect(context),
        connect_destination=(
            functools.cache(lambda: _connect(destination_context)) if destination_context else None
        ),
        clock=time,
        now=lambda: datetime.now(UTC),
        reporter=TerminalReporter(),
    )
    show_up(result, as_json=output is Format.JSON)


def _open_repository() -> tuple[Git, Repository]:
    from pathlib import Path

    from bootstrap.git import Git
    from bootstrap.repository import Repository

    git = Git.find(Path.cwd())
    return git, Repository(git.root)


def _connect(context: str | None) -> Cluster:
    from bootstrap.cluster import Cluster

    return Cluster.connect(context)


def _certificate_source(
    cert: str | None, from_cluster: bool, context: str | None
) -> Callable[[], tuple[str, str]] | None:
    """Return what fetches the certificate that the options name, None if they name none."""
    if from_cluster:

        def fetch() -> tuple[str, str]:
            cluster = _connect(context)
            return cluster.fetch_sealing_certificate(), f"the certificate of {cluster.context}"

        return fetch
    if cert is not None:
        from bootstrap.source_file import read_certificate

        return lambda: (read_certificate(cert), f"--cert {cert.split('?')[0]}")
    return None


def _parse_duration(text: str) -> float:
    match = re.fullmatch(r"(\d+)(s|m|h)?", text)
    if not match:
        raise UsageError(f"--timeout {text!r} is no duration", "write it like 90s, 5m or 1h")
    return float(match[1]) * {None: 1, "s": 1, "m": 60, "h": 3600}[match[2]]
