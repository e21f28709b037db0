"""`bootstrap keys ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.completion import EnvironmentArgument
from bootstrap.cli.options import (
    Context,
    ControllerNamespace,
    ControllerService,
    DryRun,
    Format,
    Output,
    check_cluster_options,
    connect,
    open_repository,
    open_session,
)
from bootstrap.cli.passphrase import read_passphrase
from bootstrap.errors import UsageError

keys = typer.Typer(
    no_args_is_help=True, help="Sealing keys: list, pin, rotate, back up and restore them."
)

_FromCluster = Annotated[
    bool, typer.Option("--from-cluster", help="Ask the sealed-secrets controller.")
]
_PassphraseFile = Annotated[
    str | None,
    typer.Option(help="File with the passphrase [default: ask for it, without echo]."),
]
_MAX_BACKUP_BYTES = 16 * 2**20


@keys.command("list", epilog="Example: bootstrap keys list --from-cluster")
def list_(
    from_cluster: _FromCluster = False,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    output: Output = Format.TEXT,
) -> None:
    """Show each sealing key, who is sealed for it, and where it lies.

    Where its private part lies: here, in the controller, or not known.
    """
    from bootstrap.commands.keys.list import list_keys
    from bootstrap.views.keys import show_list

    _git, repository = open_repository()
    where = (context, controller_namespace, controller_name)
    ask = from_cluster or any(item is not None for item in where)
    entries = list_keys(repository, (lambda: connect(*where)) if ask else None)
    show_list(entries, as_json=output is Format.JSON)


@keys.command(epilog="Example: bootstrap keys fetch prod --context my-cluster")
def fetch(
    environment: EnvironmentArgument,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Pin the controller's newest certificate. Refuses while values are sealed for another."""
    from bootstrap.checkout.environments import require_environment
    from bootstrap.commands.keys.fetch import fetch as run
    from bootstrap.views.keys import show_fetch

    session = open_session(context, controller=(controller_namespace, controller_name))
    chosen = require_environment(session.repository, environment)
    result = run(chosen, session, dry_run=dry_run)
    show_fetch(result, dry_run=dry_run, as_json=output is Format.JSON)


@keys.command(epilog="Example: bootstrap keys rotate prod")
def rotate(
    environment: EnvironmentArgument,
    from_cluster: _FromCluster = False,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Seal every value again, for a new key.

    For a new key pair of yours, or for the controller's newest key. No plaintext is needed, and
    none is written. Without the private key here, only the controller can do it: --from-cluster.
    """
    from bootstrap.checkout.environments import require_environment
    from bootstrap.commands.keys.rotate import rotate as run
    from bootstrap.views.keys import show_rotate

    where = (context, controller_namespace, controller_name)
    check_cluster_options(None, from_cluster, *where)
    session = open_session(context, controller=(controller_namespace, controller_name))
    chosen = require_environment(session.repository, environment)
    result = run(chosen, session, from_cluster=from_cluster, dry_run=dry_run)
    show_rotate(result, dry_run=dry_run, as_json=output is Format.JSON)


@keys.command(epilog="Example: bootstrap keys give prod")
def give(
    environment: EnvironmentArgument,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
) -> None:
    """Give the controller the environment's key now.

    As `bootstrap up` does. After `keys rotate` and before the push: then Argo CD never sees a value
    it can't have.
    """
    from bootstrap.checkout.environments import require_environment
    from bootstrap.commands.keys.give import keys_of

    session = open_session(context, controller=(controller_namespace, controller_name))
    chosen = require_environment(session.repository, environment)
    if not keys_of(session).give(session.clusters.argocd(), [chosen]):
        session.reporter.step(f"the controller holds the key of {chosen.name} already")


@keys.command(epilog="Example: bootstrap keys backup /media/stick/keys.age")
def backup(
    file: Annotated[str, typer.Argument(help="File to write; it must not be there yet.")],
    recipient: Annotated[
        list[str] | None,
        typer.Option(help="age or SSH public key that opens it, instead of a passphrase."),
    ] = None,
    passphrase_file: _PassphraseFile = None,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    output: Output = Format.TEXT,
) -> None:
    """Save every key of the controller to an encrypted file.

    Without them, Git holds riddles.
    """
    from bootstrap.commands.keys.backup import backup as run
    from bootstrap.commands.keys.backup import check_place
    from bootstrap.sealing.age import encrypt_for, encrypt_with_passphrase
    from bootstrap.views.keys import show_backup

    if recipient and passphrase_file is not None:
        raise UsageError(
            "--recipient and --passphrase-file exclude each other", "give one of the two"
        )
    check_place(file)
    where = (context, controller_namespace, controller_name)
    if recipient:
        recipients = list(recipient)
        encrypt_for(b"", recipients)  # a mistyped one is found before the cluster is asked
        result = run(
            file,
            cluster=connect(*where),
            encrypt=lambda plain: encrypt_for(plain, recipients),
        )
    else:
        passphrase = read_passphrase(passphrase_file, confirm=True)
        result = run(
            file,
            cluster=connect(*where),
            encrypt=lambda plain: encrypt_with_passphrase(plain, passphrase),
        )
    show_backup(result, as_json=output is Format.JSON)


@keys.command(epilog="Example: bootstrap keys restore /media/stick/keys.age")
def restore(
    file: Annotated[str, typer.Argument(help="File that `bootstrap keys backup` wrote.")],
    identity: Annotated[
        str | None, typer.Option(help="File with the age or SSH private key of a recipient.")
    ] = None,
    passphrase_file: _PassphraseFile = None,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Give the controller the keys of a backup that it lacks.

    It is restarted; no key that it has is replaced.
    """
    import time
    from datetime import UTC, datetime

    from bootstrap.commands.keys.backup import restore as run
    from bootstrap.terminal.output import TerminalReporter
    from bootstrap.views.keys import show_restore

    plain = _decrypt(file, identity, passphrase_file)
    result = run(
        plain,
        source=file,
        cluster=connect(context, controller_namespace, controller_name),
        clock=time,
        now=lambda: datetime.now(UTC),
        reporter=TerminalReporter(),
        dry_run=dry_run,
    )
    show_restore(result, dry_run=dry_run, as_json=output is Format.JSON)


def _decrypt(file: str, identity: str | None, passphrase_file: str | None) -> bytes:
    from bootstrap.files.input import read_private
    from bootstrap.sealing.age import (
        decrypt_with_identity,
        decrypt_with_passphrase,
        needs_passphrase,
    )

    encrypted = read_private(file, _MAX_BACKUP_BYTES)
    if needs_passphrase(encrypted, source=file):
        if identity is not None:
            raise UsageError(f"{file} opens with a passphrase", "leave --identity out")
        passphrase = read_passphrase(passphrase_file, confirm=False)
        return decrypt_with_passphrase(encrypted, passphrase, source=file)
    if identity is None:
        raise UsageError(
            f"{file} opens with the private key of a recipient", "give it with --identity FILE"
        )
    key = read_private(identity).decode("utf-8", "replace")
    return decrypt_with_identity(encrypted, key, source=file)
