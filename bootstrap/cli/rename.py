"""`bootstrap rename`, and what `bootstrap init --all` shares with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.options import Context, DryRun, Format, Output, connect, open_repository

if TYPE_CHECKING:
    from bootstrap.argocd.ownership import Objects
    from bootstrap.commands.init.rewrite import RewriteOptions


def rename(
    name: Annotated[str, typer.Argument(help="Name of this repository: a DNS label.")],
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Ask no cluster: Argo CD never had this repository."),
    ] = False,
    context: Context = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Give this repository a name of its own in a shared Argo CD.

    Project, root and Applications are called after it. Only before the first `bootstrap up`:
    after that it says how to let go of what runs.
    """
    from bootstrap.commands.init.rewrite import RewriteOptions

    run_rewrite(
        RewriteOptions(name=name, dry_run=dry_run), context, offline=offline,
        as_json=output is Format.JSON,
    )  # fmt: skip


def run_rewrite(
    options: RewriteOptions, context: str | None, *, offline: bool, as_json: bool
) -> None:
    """Change what all environments share, and show it."""
    from bootstrap.commands.init.rewrite import check_asked, rewrite
    from bootstrap.terminal.output import TerminalReporter
    from bootstrap.views.rewrite import show_rewrite

    check_asked(options)
    _git, repository = open_repository()
    result = rewrite(
        options,
        repository=repository,
        ask_live=(dict) if offline else lambda: _ask(context),
        reporter=TerminalReporter(),
    )
    show_rewrite(result, repository, dry_run=options.dry_run, as_json=as_json)


def _ask(context: str | None) -> Objects:
    from bootstrap.argocd.products import ARGO_CD
    from bootstrap.errors import BootstrapError

    try:
        cluster = connect(context)
        if not cluster.has_kind(*ARGO_CD.mark):
            return {}
        return cluster.argocd.read_applications()
    except BootstrapError as error:
        raise BootstrapError(
            f"{error.message}; so nobody knows whether Argo CD runs this repository already",
            f"{error.hint}; or, if it never did: `bootstrap rename NAME --offline`",
        ) from None
