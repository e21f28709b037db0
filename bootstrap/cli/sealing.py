"""What the commands that seal share: for which certificate, and how far."""

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
    open_repository,
)
from bootstrap.cli.sharing import sharing

if TYPE_CHECKING:
    from bootstrap.commands.seal.seal import Sealer
    from bootstrap.sealing.kept_metadata import Names


class SealScope(StrEnum):
    """How tightly a value is bound to the Secret that it is sealed for."""

    STRICT = "strict"
    NAMESPACE_WIDE = "namespace-wide"
    CLUSTER_WIDE = "cluster-wide"


Env = Annotated[
    str | None,
    typer.Option(
        "--env", help="Environment [default: the only one].", autocompletion=complete_environment
    ),
]


@dataclass(frozen=True, slots=True)
class Sealing:
    """What the options say of a command that seals."""

    cert: str | None = None
    from_cluster: bool = False
    context: str | None = None
    controller_namespace: str | None = None
    controller_name: str | None = None
    dry_run: bool = False
    as_json: bool = False

    def sealer(self, scope: SealScope | None = None, keep: Names | None = None) -> Sealer:
        """Return what seals in the repository that the working directory is in."""
        from datetime import UTC, datetime

        from bootstrap.commands.seal.seal import Sealer, SealOptions
        from bootstrap.sealing.crypto import Scope
        from bootstrap.sealing.kept_metadata import NO_NAMES
        from bootstrap.terminal.output import TerminalReporter

        git, repository = open_repository()
        options = SealOptions(
            scope=Scope(scope) if scope else None,
            certificate=certificate_source(
                self.cert, self.from_cluster, self.context,
                self.controller_namespace, self.controller_name,
            ),
            dry_run=self.dry_run,
            keep=keep or NO_NAMES,
        )  # fmt: skip
        return Sealer(options, repository, git, datetime.now(UTC), TerminalReporter())


def _read(
    cert: Annotated[
        str | None,
        typer.Option(help="Seal for this certificate (file or URL), not the environment's own."),
    ] = None,
    from_cluster: Annotated[
        bool, typer.Option("--from-cluster", help="Seal for the cluster's controller.")
    ] = False,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> Sealing:
    check_cluster_options(cert, from_cluster, context, controller_namespace, controller_name)
    return Sealing(
        cert, from_cluster, context, controller_namespace, controller_name, dry_run,
        output is Format.JSON,
    )  # fmt: skip


sealing = sharing(_read)
"""Adds the options of sealing to a command, which gets a `Sealing` first."""
