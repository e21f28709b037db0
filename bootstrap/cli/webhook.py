"""`bootstrap webhook`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.options import Context, Format, Output, connect, open_repository, parse_duration
from bootstrap.errors import UsageError

if TYPE_CHECKING:
    from bootstrap.argocd.webhook import WebhookSecret
    from bootstrap.cluster import Cluster


_TIMEOUT = "60s"


class ProviderOption(StrEnum):
    """Who sends the events."""

    GITHUB = "github"
    GITLAB = "gitlab"
    BITBUCKET = "bitbucket"
    BITBUCKET_SERVER = "bitbucket-server"
    AZURE_DEVOPS = "azuredevops"
    GITEA = "gitea"


def webhook(
    provider: Annotated[ProviderOption, typer.Option(help="Who tells Argo CD of a push.")],
    url: Annotated[
        str | None, typer.Option(help="URL of Argo CD's server [default: that of argocd-cm].")
    ] = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the secret from a pipe; make none.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take a new secret where Argo CD has one already.")
    ] = False,
    show_secret: Annotated[
        bool, typer.Option("--show-secret", help="Show the secret, too. It stays in your terminal.")
    ] = False,
    test: Annotated[
        bool, typer.Option("--test", help="Set nothing: send a signed sample, see Argo CD refresh.")
    ] = False,
    timeout: Annotated[
        str | None, typer.Option(help="How long the test may take, such as 90s [default: 60s].")
    ] = None,
    context: Context = None,
    output: Output = Format.TEXT,
) -> None:
    """Have pushes seen at once: a secret for Argo CD, and what to enter at the Git provider.

    The secret is kept in webhook.local.env, which only you can read and Git ignores.
    """
    from bootstrap.argocd.webhook import Provider, webhook_url
    from bootstrap.checkout.environments import load_names
    from bootstrap.commands.argocd.webhook import choose_secret, find_secret, set_webhook
    from bootstrap.files.input import read_secrets
    from bootstrap.views.webhook import show_webhook

    if test and (replace or show_secret):
        raise UsageError("--test sets nothing and shows nothing", "leave it or the other out")
    if timeout is not None and not test:
        raise UsageError("--timeout is the time of --test", "leave it out, or add --test")
    seconds = parse_duration(timeout or _TIMEOUT)
    if url is not None:
        webhook_url(url)  # refused before a secret is read or a cluster asked
    git, repository = open_repository()
    chosen = Provider(provider)
    given = read_secrets("-") if secret_stdin else None
    if test:
        _test(
            find_secret(chosen, given, repository), url, seconds, connect(context),
            load_names(repository).root,
            as_json=output is Format.JSON,
        )  # fmt: skip
        return
    result = set_webhook(
        choose_secret(chosen, given, repository, new=replace),
        url,
        replace=replace,
        repository=repository,
        git=git,
        cluster=connect(context),
    )
    show_webhook(result, show_secret=show_secret, as_json=output is Format.JSON)


def _test(
    secret: WebhookSecret,
    url: str | None,
    seconds: float,
    cluster: Cluster,
    root: str,
    *,
    as_json: bool,
) -> None:
    import time

    from bootstrap.commands.argocd.webhook_probe import Probe
    from bootstrap.terminal.output import TerminalReporter
    from bootstrap.views.webhook import show_probe
    from bootstrap.web import post

    address = url or cluster.secrets.read_argocd_url()
    if address is None:
        raise UsageError("Argo CD does not tell its URL (argocd-cm)", "give it with --url")
    probe = Probe(address, root, seconds, post, time, TerminalReporter())
    show_probe(probe.run(secret, cluster), as_json=as_json)
