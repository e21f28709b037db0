"""`bootstrap repo ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.completion import complete_environment
from bootstrap.cli.credentials import Asked
from bootstrap.cli.options import Context, DryRun, Format, Output, connect, open_repository
from bootstrap.errors import UsageError

repo = typer.Typer(no_args_is_help=True, help="Repositories that Argo CD reads.")


@repo.callback()
def group() -> None:
    """Repositories that Argo CD reads."""


@repo.command(epilog="Example: bootstrap repo add --username git")
def add(
    url: Annotated[
        str | None,
        typer.Option(help="Repository [default: that of argocd/root.yaml, else remote origin]."),
    ] = None,
    username: Annotated[
        str | None,
        typer.Option(help="User of an HTTPS URL; asks for the password or token, without echo."),
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password or token from a pipe.")
    ] = False,
    ssh_key: Annotated[
        str | None, typer.Option(metavar="FILE", help="Private key of an SSH URL.")
    ] = None,
    github_app_id: Annotated[str | None, typer.Option(help="Id of a GitHub App.")] = None,
    github_app_installation_id: Annotated[
        str | None, typer.Option(help="Id of the App's installation.")
    ] = None,
    github_app_key: Annotated[
        str | None, typer.Option(metavar="FILE", help="Private key of the App.")
    ] = None,
    github_app_url: Annotated[
        str | None, typer.Option(help="API of GitHub Enterprise [default: that of github.com].")
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            help="Argo CD project that may use them; empty for all [default: this repository's]."
        ),
    ] = None,
    seal: Annotated[
        str | None,
        typer.Option(
            metavar="ENV",
            help="Write them into Git instead, sealed for the key of ENV; `up` applies them.",
            autocompletion=complete_environment,
        ),
    ] = None,
    context: Context = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Give Argo CD the credentials of a private repository.

    A user with --username, a key with --ssh-key, or a GitHub App. Secrets are asked for, or read
    from a pipe or a file: never from the command line.
    """
    from datetime import UTC, datetime

    from bootstrap.argocd.credentials import check_fits
    from bootstrap.checkout.environments import load_names
    from bootstrap.commands.argocd.repo_add import apply_credentials, find_url, seal_credentials
    from bootstrap.views.repo import show_added

    if seal is not None and context is not None:
        raise UsageError("--seal touches no cluster", "leave --context or --seal out")
    asked = Asked(
        username, password_stdin, ssh_key, github_app_id, github_app_installation_id,
        github_app_key, github_app_url,
    )  # fmt: skip
    kind = asked.kind()
    git, repository = open_repository()
    target = find_url(url, repository, git)
    if project is None:
        project = load_names(repository).project
    check_fits(target, kind)
    credentials = asked.read(target)
    if seal is None:
        result = apply_credentials(
            target, credentials, project, repository=repository, cluster=connect(context),
            dry_run=dry_run,
        )  # fmt: skip
    else:
        result = seal_credentials(
            target, credentials, project, seal, repository=repository, now=datetime.now(UTC),
            dry_run=dry_run,
        )  # fmt: skip
    show_added(result, dry_run=dry_run, as_json=output is Format.JSON)


@repo.command("list", epilog="Example: bootstrap repo list")
def list_(context: Context = None, output: Output = Format.TEXT) -> None:
    """Show which repositories Argo CD has credentials for.

    With which of them it reads this one, and what `repo add --seal` wrote that it was not given
    yet. No value is shown.
    """
    from bootstrap.commands.argocd.repo_list import list_repositories
    from bootstrap.views.repo import show_repositories

    _git, repository = open_repository()
    result = list_repositories(repository, lambda: connect(context))
    show_repositories(result, as_json=output is Format.JSON)
