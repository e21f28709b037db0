"""`bootstrap check`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.options import Format, Output, open_repository


def check(
    staged: Annotated[
        bool, typer.Option("--staged", help="Only what the next commit would change.")
    ] = False,
    output: Output = Format.TEXT,
) -> None:
    """Refuse plaintext secrets in what Git has.

    Local secrets in any disguise, private keys, plain Secrets. Names file and line, never the
    value. Exit code 1 if anything is found.
    """
    from bootstrap.commands.check.check import check as run
    from bootstrap.views.check import show_check

    git, _repository = open_repository()
    show_check(run(git.root, staged=staged), as_json=output is Format.JSON)
