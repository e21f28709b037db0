"""`bootstrap webhook ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.argocd.webhook_providers import Provider
from bootstrap.cli.options import Context, Format, Output, connect, open_repository, parse_duration
from bootstrap.errors import UsageError

webhook = typer.Typer(
    no_args_is_help=True, help="Have pushes seen at once: by a webhook of the Git provider."
)

_Provider = Annotated[Provider, typer.Option("--provider", help="Who tells Argo CD of a push.")]
_Url = Annotated[
    str | None,
    typer.Option("--url", help="URL of Argo CD's server [default: that of argocd-cm]."),
]


@webhook.command(
    "set",
    epilog="Example: bootstrap webhook set --provider github --url https://argocd.example.com",
)
def set_(
    provider: _Provider,
    url: _Url = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the secret from a pipe; make none.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take a new secret where Argo CD has one already.")
    ] = False,
    show_secret: Annotated[
        bool, typer.Option("--show-secret", help="Show the secret, too. It stays in your terminal.")
    ] = False,
    context: Context = None,
    output: Output = Format.TEXT,
) -> None:
    """Give Argo CD a secret, and say what to enter at the provider.

    The secret is kept in webhook.local.env, which only you can read and Git ignores.
    """
    from bootstrap.argocd.webhook import webhook_url
    from bootstrap.commands.argocd.webhook import choose_secret, set_webhook
    from bootstrap.views.webhook import show_webhook

    if url is not None:
        webhook_url(url)  # refused before a secret is read or a cluster asked
    git, repository = open_repository()
    result = set_webhook(
        choose_secret(provider, _given(secret_stdin), repository, new=replace),
        url,
        replace=replace,
        repository=repository,
        git=git,
        cluster=connect(context),
    )
    show_webhook(result, show_secret=show_secret, as_json=output is Format.JSON)


@webhook.command(
    epilog="Example: bootstrap webhook test --provider github --url https://argocd.example.com"
)
def test(
    provider: _Provider,
    url: _Url = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the secret from a pipe.")
    ] = False,
    timeout: Annotated[str, typer.Option(help="How long the test may take, such as 90s.")] = "60s",
    context: Context = None,
    output: Output = Format.TEXT,
) -> None:
    """Send a signed sample, and see Argo CD refresh. Sets nothing.

    The secret is that of webhook.local.env, or comes from a pipe.
    """
    import time

    from bootstrap.argocd.webhook import webhook_url
    from bootstrap.checkout.environments import load_names
    from bootstrap.commands.argocd.webhook import find_secret
    from bootstrap.commands.argocd.webhook_probe import Probe
    from bootstrap.terminal.output import TerminalReporter
    from bootstrap.views.webhook import show_probe
    from bootstrap.web import post

    seconds = parse_duration(timeout)
    if url is not None:
        webhook_url(url)  # refused before a secret is read or a cluster asked
    _git, repository = open_repository()
    secret = find_secret(provider, _given(secret_stdin), repository)
    cluster = connect(context)
    root = load_names(repository).root
    address = url or cluster.secrets.read_argocd_url()
    if address is None:
        raise UsageError("Argo CD does not tell its URL (argocd-cm)", "give it with --url")
    probe = Probe(address, root, seconds, post, time, TerminalReporter())
    show_probe(probe.run(secret, cluster), as_json=output is Format.JSON)


def _given(from_pipe: bool) -> bytes | None:
    from bootstrap.files.input import read_secrets

    return read_secrets("-") if from_pipe else None
