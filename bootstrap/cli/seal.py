"""`bootstrap seal`: one set of options, and one function for each thing that they can ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.completion import complete_environment
from bootstrap.cli.options import (
    Context,
    ControllerNamespace,
    ControllerService,
    DryRun,
    Format,
    Output,
    certificate_source,
    check_cluster_options,
    connect,
    open_repository,
)
from bootstrap.errors import EXIT_FAILURE, UsageError

if TYPE_CHECKING:
    from bootstrap.commands.seal.check import Controller
    from bootstrap.commands.seal.seal import Sealer
    from bootstrap.files.repository import Repository
    from bootstrap.git import Git

ALL_FILE = "secrets.local.yaml"
_SEALING = frozenset({"--scope", "--cert", "--from-cluster", "--dry-run"})
_REFERS = frozenset({"--context", "--controller-namespace", "--controller-name", "--output"})
_KEEPS = frozenset({"--keep-label", "--keep-annotation"})
# what each way of calling it understands beside its own option
_UNDERSTOOD = {
    "FILE": _SEALING | _KEEPS | _REFERS | {"--env"},
    "--key": _SEALING | _REFERS | {"--env"},
    "--scope": _SEALING | _REFERS | {"--env"},
    "--all": _SEALING | _KEEPS | _REFERS,
    "--remove": _REFERS | {"--env", "--dry-run"},
    "--check": _REFERS | {"--from-cluster"},
}


class SealScope(StrEnum):
    """How tightly a value is bound to the Secret that it is sealed for."""

    STRICT = "strict"
    NAMESPACE_WIDE = "namespace-wide"
    CLUSTER_WIDE = "cluster-wide"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was given on the command line; None, False or empty is not given."""

    file: str | None
    env: str | None
    scope: SealScope | None
    key: str | None
    remove: list[str]
    all_environments: bool
    check: str | None
    cert: str | None
    from_cluster: bool
    context: str | None
    controller_namespace: str | None
    controller_name: str | None
    keep_label: list[str]
    keep_annotation: list[str]
    dry_run: bool
    as_json: bool

    def mode(self) -> str:
        """Return the one thing that is asked for; options that do not go with it are an error."""
        given = {
            "FILE": self.file, "--key": self.key, "--remove": self.remove,
            "--all": self.all_environments, "--check": self.check, "--scope": self.scope,
            "--env": self.env, "--cert": self.cert, "--from-cluster": self.from_cluster,
            "--keep-label": self.keep_label, "--keep-annotation": self.keep_annotation,
            "--dry-run": self.dry_run,
        }  # fmt: skip
        names = [name for name, value in given.items() if value not in (None, False, [])]
        mode = next((name for name in names if name in _UNDERSTOOD), None)
        if mode is None:
            raise UsageError(
                "nothing to seal",
                "give FILE (or - for stdin), --key KEY, --all, --remove KEY or --check ENV",
            )
        wrong = [name for name in names if name != mode and name not in _UNDERSTOOD[mode]]
        if wrong:
            raise UsageError(f"{mode} does not go with {wrong[0]}", f"leave {wrong[0]} out")
        _check_kept("--keep-label", self.keep_label)
        _check_kept("--keep-annotation", self.keep_annotation)
        if mode == "--check":
            if self.cert is not None:
                raise UsageError("--check does not go with --cert", "leave --cert out")
        else:
            check_cluster_options(*self.source)
        return mode

    @property
    def source(self) -> tuple[str | None, bool, str | None, str | None, str | None]:
        """What says where the certificate comes from."""
        return (
            self.cert, self.from_cluster, self.context,
            self.controller_namespace, self.controller_name,
        )  # fmt: skip


def seal(
    file: Annotated[
        str | None,
        typer.Argument(
            help="Plaintext secrets: a `secrets:` block, a .env, a Secret; - reads stdin.",
            show_default=False,
        ),
    ] = None,
    env: Annotated[
        str | None,
        typer.Option(
            help="Environment [default: that of FILE's folder, else the only one].",
            autocompletion=complete_environment,
        ),
    ] = None,
    scope: Annotated[
        SealScope | None,
        typer.Option(
            help="Which Secret may hold the values: only this one, any in the namespace, any"
            " [default: as it is]. Without FILE, only changes the scope."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Seal one value, from a prompt or stdin, without FILE."),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Take a sealed value out; may be given again."),
    ] = None,
    all_environments: Annotated[
        bool, typer.Option("--all", help=f"Seal every environments/*/{ALL_FILE}, all or none.")
    ] = False,
    check: Annotated[
        str | None,
        typer.Option(
            metavar="ENV",
            help="Seal nothing: tell whether ENV can still be unsealed.",
            autocompletion=complete_environment,
        ),
    ] = None,
    cert: Annotated[
        str | None,
        typer.Option(help="Seal for this certificate (file or URL), not the environment's own."),
    ] = None,
    from_cluster: Annotated[
        bool,
        typer.Option("--from-cluster", help="Seal for (or check with) the cluster's controller."),
    ] = False,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    keep_label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Keep this label of a Secret manifest; may be given again."
        ),
    ] = None,
    keep_annotation: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Keep this annotation, though no controller is known to act on it; may be given"
            " again.",
        ),
    ] = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Turn plaintext secrets into a SealedSecret that is safe to commit.

    Keys that FILE does not hold keep their sealed value; unchanged values keep their ciphertext.
    """
    asked = _Asked(
        file, env, scope, key, remove or [], all_environments, check, cert, from_cluster, context,
        controller_namespace, controller_name, keep_label or [], keep_annotation or [], dry_run,
        output is Format.JSON,
    )  # fmt: skip
    mode = asked.mode()
    git, repository = open_repository()
    match mode:
        case "--check":
            _check(asked, repository)
        case "--all":
            _seal_all(asked, git, repository)
        case "--remove":
            _remove(asked, git, repository)
        case _:
            _seal(asked, git, repository)


def _check_kept(option: str, names: list[str]) -> None:
    from bootstrap.sealing.kept_metadata import why_never

    for name in names:
        if reason := why_never(name):
            raise UsageError(f"{option}: {name} is never kept: {reason}", f"leave {option} out")


def _seal(asked: _Asked, git: Git, repository: Repository) -> None:
    """Seal a file or one value; with neither, what is sealed goes into another scope."""
    from bootstrap.checkout.environments import choose_environment
    from bootstrap.checkout.plaintext_files import read_plaintext, read_single, require_key
    from bootstrap.plaintext.input import SecretInput
    from bootstrap.views.seal import show_seal

    sealer = _sealer(asked, git, repository)
    environment = choose_environment(repository, asked.env, asked.file or "-")
    if asked.file is not None:
        secrets = read_plaintext(asked.file)
    elif asked.key is not None:
        secrets = read_single(require_key(asked.key, option="--key"))
    else:
        secrets = SecretInput({})
    result = sealer.seal(environment, secrets)
    show_seal(result, dry_run=asked.dry_run, as_json=asked.as_json)


def _seal_all(asked: _Asked, git: Git, repository: Repository) -> None:
    from bootstrap.checkout.plaintext_files import plaintext_files
    from bootstrap.views.seal import show_seal_all

    results = _sealer(asked, git, repository).seal_all(plaintext_files(repository, git, ALL_FILE))
    show_seal_all(results, dry_run=asked.dry_run, as_json=asked.as_json)


def _remove(asked: _Asked, git: Git, repository: Repository) -> None:
    from bootstrap.checkout.environment_files import load_sealed
    from bootstrap.checkout.environments import choose_environment
    from bootstrap.checkout.plaintext_files import require_key
    from bootstrap.views.seal import show_seal

    environment = choose_environment(repository, asked.env, "-")
    sealed = load_sealed(environment, repository).encrypted
    keys = [require_key(item, option="--remove", sealed=sealed) for item in asked.remove]
    result = _sealer(asked, git, repository).remove(environment, keys)
    show_seal(result, dry_run=asked.dry_run, as_json=asked.as_json)


def _check(asked: _Asked, repository: Repository) -> None:
    from datetime import UTC, datetime

    from bootstrap.checkout.environments import load_environments, require_environment
    from bootstrap.commands.seal.check import check
    from bootstrap.views.seal import show_check

    environment = require_environment(repository, asked.check or "")
    result = check(
        environment,
        others=load_environments(repository),
        repository=repository,
        now=datetime.now(UTC),
        controller=(lambda: _connect_controller(asked)) if any(asked.source) else None,
    )
    show_check(result, as_json=asked.as_json)
    if not result.ok:
        raise typer.Exit(EXIT_FAILURE)


def _sealer(asked: _Asked, git: Git, repository: Repository) -> Sealer:
    from datetime import UTC, datetime

    from bootstrap.commands.seal.seal import Sealer, SealOptions
    from bootstrap.sealing.crypto import Scope
    from bootstrap.sealing.kept_metadata import Names
    from bootstrap.terminal.output import TerminalReporter

    options = SealOptions(
        scope=Scope(asked.scope) if asked.scope else None,
        certificate=certificate_source(*asked.source),
        dry_run=asked.dry_run,
        keep=Names(frozenset(asked.keep_label), frozenset(asked.keep_annotation)),
    )
    return Sealer(options, repository, git, datetime.now(UTC), TerminalReporter())


def _connect_controller(asked: _Asked) -> Controller:
    cluster = connect(asked.context, asked.controller_namespace, asked.controller_name)
    return cluster.sealing.locate()
