"""`bootstrap hooks ...`."""

from __future__ import annotations

import typer

from bootstrap.cli.options import open_repository

hooks = typer.Typer(
    no_args_is_help=True, help="The Git hook that stops a commit with plaintext in it."
)


@hooks.command(epilog="Example: bootstrap hooks install")
def install() -> None:
    """Add a pre-commit hook that runs `bootstrap check --staged`. Never replaces one of yours."""
    from bootstrap.commands.check.hooks import install as run
    from bootstrap.terminal.output import TerminalReporter

    git, _repository = open_repository()
    hook, action = run(git)
    TerminalReporter().step(f"{action}: {hook}")


@hooks.command(epilog="Example: bootstrap hooks uninstall")
def uninstall() -> None:
    """Remove the hook that `bootstrap hooks install` made."""
    from bootstrap.commands.check.hooks import uninstall as run
    from bootstrap.terminal.output import TerminalReporter

    git, _repository = open_repository()
    hook, action = run(git)
    TerminalReporter().step(f"{action}: {hook}")
