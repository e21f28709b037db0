"""`bootstrap webhook`: a secret that Argo CD and the Git provider share."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from bootstrap.argocd.webhook import (
    LOCAL_FILE,
    Provider,
    WebhookSecret,
    describe_form,
    parse_given,
    parse_local,
    render_local,
    webhook_url,
)
from bootstrap.checkout.environments import check_private
from bootstrap.cluster import Cluster
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.planned_file import Manifest

_BYTES = 32
_NO_URL = "https://ARGOCD"


@dataclass(frozen=True, slots=True, repr=False)
class WebhookResult:
    """What was done, and what a person does next."""

    provider: Provider
    url: str
    action: str
    """Of argocd-secret: created, replaced or unchanged."""
    form: Mapping[str, str]
    secret: WebhookSecret


def choose_secret(
    provider: Provider, given: bytes | None, repository: Repository, *, new: bool
) -> WebhookSecret:
    """Return the secret that is given, that the local file keeps, or a new one."""
    if given is not None:
        return parse_given(provider, given)
    if provider is Provider.BITBUCKET:
        raise UsageError(
            "Bitbucket makes the UUID that its webhooks prove themselves with",
            "create the webhook there first, then pipe its UUID in: --secret-stdin",
        )
    kept = None if new else parse_local(repository.read(LOCAL_FILE), provider)
    return kept or WebhookSecret(provider, secrets.token_urlsafe(_BYTES))


def find_secret(provider: Provider, given: bytes | None, repository: Repository) -> WebhookSecret:
    """Return the secret that is given, or that the local file keeps."""
    if given is not None:
        return parse_given(provider, given)
    kept = parse_local(repository.read(LOCAL_FILE), provider)
    if kept is None:
        raise UsageError(
            f"{LOCAL_FILE} keeps no secret of {provider}",
            f"set one: `bootstrap webhook --provider {provider}`; or pipe it in: --secret-stdin",
        )
    return kept


def set_webhook(
    secret: WebhookSecret,
    url: str | None,
    *,
    replace: bool,
    repository: Repository,
    git: Git,
    cluster: Cluster,
) -> WebhookResult:
    """Keep the secret in the local file, and have Argo CD expect it.

    One that Argo CD expects already is replaced only if `replace` says so.
    """
    values = secret.values()
    address = webhook_url(url or cluster.secrets.read_argocd_url() or _NO_URL)
    present = cluster.secrets.compare(values)
    if present is False and not replace:
        raise BootstrapError(
            f"Argo CD expects another secret of {secret.provider} already ({', '.join(values)})",
            "test it with --test --secret-stdin; or take a new one with --replace, and enter it"
            " at the provider, too",
        )
    # kept first: if the rest fails, the next run goes on with it
    with repository.lock():
        text = render_local(repository.read(LOCAL_FILE), secret)
        kept = [Manifest(LOCAL_FILE, text, private=True)]
        check_private(kept, git)
        repository.write(kept)
    if not present:
        cluster.secrets.set_values(values)
    action = {None: "created", False: "replaced", True: "unchanged"}[present]
    form = describe_form(secret.provider, address)
    return WebhookResult(secret.provider, address, action, form, secret)
