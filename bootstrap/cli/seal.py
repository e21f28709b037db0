"""`bootstrap seal`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.options import DryRun, Format, Output, certificate_source, open_repository


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

    git, repository = open_repository()
    chosen = choose_environment(repository, env, file)
    result = run(
        chosen,
        read_plaintext(file),
        certificate=certificate_source(cert, False, None),
        repository=repository,
        git=git,
        now=datetime.now(UTC),
        reporter=TerminalReporter(),
        dry_run=dry_run,
    )
    show_seal(result, dry_run=dry_run, as_json=output is Format.JSON)
