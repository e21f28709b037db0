"""`bootstrap webhook`: a secret that Argo CD and the Git provider share."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from bootstrap.argocd.ownership import other_roots
from bootstrap.argocd.webhook import (
    LOCAL_FILE,
    WebhookSecret,
    describe_form,
    parse_given,
    parse_local,
    render_local,
    webhook_url,
)
from bootstrap.argocd.webhook_providers import Provider
from bootstrap.checkout.environments import check_private, load_root
from bootstrap.cluster import Cluster
from bootstrap.constants import ROOT_FILE
from bootstrap.environments.repo_url import same_repository
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.planned_file import PlannedFile

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
            f"set one: `bootstrap webhook set --provider {provider}`; or pipe it in:"
            " --secret-stdin",
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
            f"test it: `bootstrap webhook test --provider {secret.provider} --secret-stdin`; or"
            " take a new one with --replace, and enter it at the provider, too",
        )
    users = _check_users(secret, present, repository, cluster)
    # kept first: if the rest fails, the next run goes on with it
    with repository.lock():
        text = render_local(repository.read(LOCAL_FILE), secret)
        kept = [PlannedFile(LOCAL_FILE, text, private=True)]
        check_private(kept, git)
        repository.write(kept)
    if not present or users is not None:
        cluster.secrets.set_values(values, users or ())
    action = {None: "created", False: "replaced", True: "unchanged"}[present]
    form = describe_form(secret.provider, address)
    return WebhookResult(secret.provider, address, action, form, secret)


def _check_users(
    secret: WebhookSecret, present: bool | None, repository: Repository, cluster: Cluster
) -> list[str] | None:
    """Return who uses the secret from now on, None where that is noted already.

    One secret serves all repositories of an Argo CD that a provider tells of: raises BootstrapError
    where another repository uses the one that would be replaced.
    """
    key = next(iter(secret.values()))
    users = cluster.secrets.read_users(key)
    if not repository.exists(ROOT_FILE):
        return [] if not present else None
    root = load_root(repository)
    others = [url for url in users if not same_repository(url, root.url)]
    if present is False:
        claims = [] if users else other_roots(cluster.argocd.read_applications(), root)
        using = others or [claim.repository for claim in claims]
        if using:
            raise BootstrapError(
                f"Argo CD's secret of {secret.provider} is also that of {', '.join(using)}, whose"
                f" pushes it would no longer believe; this repository is {root.url}",
                "share it: pipe theirs in with --secret-stdin. If all of you change it at once:"
                f" `kubectl -n argocd annotate secret argocd-secret agentsmith.dev/{key}="
                f"{root.url} --overwrite`, then run this again",
            )
    wanted = sorted({*others, root.url})
    return None if present and wanted == users else wanted
