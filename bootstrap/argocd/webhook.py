"""Webhooks of Git providers: where Argo CD keeps their secrets, and what a person enters where.

https://argo-cd.readthedocs.io/en/stable/operator-manual/webhook/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from bootstrap.errors import BootstrapError, UsageError

LOCAL_FILE = "webhook.local.env"
PATH = "/api/webhook"
AZURE_USER = "agentsmith"
RESTART = "`kubectl -n argocd rollout restart deployment argocd-server`"
_LEAST_CHARACTERS = 16
_HEAD = "# Secrets of the webhooks that tell Argo CD of a push. Never commit them.\n"


class Provider(StrEnum):
    """Who sends the events."""

    GITHUB = "github"
    GITLAB = "gitlab"
    BITBUCKET = "bitbucket"
    BITBUCKET_SERVER = "bitbucket-server"
    AZURE_DEVOPS = "azuredevops"
    GITEA = "gitea"


@dataclass(frozen=True, slots=True, repr=False)
class WebhookSecret:
    """What an event of `provider` proves its origin with; never shown."""

    provider: Provider
    text: str

    @property
    def read_at_start(self) -> bool:
        """Whether Argo CD's server reads it only when it starts: it watches those of others."""
        return self.provider is Provider.AZURE_DEVOPS

    def values(self) -> dict[str, str]:
        """Return the keys of Secret argocd-secret, and what they must hold."""
        match self.provider:
            case Provider.BITBUCKET:
                return {"webhook.bitbucket.uuid": self.text}
            case Provider.BITBUCKET_SERVER:
                return {"webhook.bitbucketserver.secret": self.text}
            case Provider.GITEA:
                return {"webhook.gogs.secret": self.text}
            case Provider.AZURE_DEVOPS:
                return {
                    "webhook.azuredevops.username": AZURE_USER,
                    "webhook.azuredevops.password": self.text,
                }
            case _:
                return {f"webhook.{self.provider}.secret": self.text}


def parse_given(provider: Provider, raw: bytes) -> WebhookSecret:
    """Return the secret in `raw`, as a person or another tool made it."""
    try:
        text = raw.decode("ascii").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        text = ""
    if len(text) < _LEAST_CHARACTERS or not text.isprintable() or " " in text or text[0] == "$":
        # "$name:key" is a reference of Argo CD's, not a secret
        raise BootstrapError(
            f"the secret is not at least {_LEAST_CHARACTERS} characters of ASCII without a space",
            "leave --secret-stdin out, and one is made"
            if provider is not Provider.BITBUCKET
            else "pipe in the UUID of the webhook, with its braces",
        )
    return WebhookSecret(provider, text)


def webhook_url(base: str) -> str:
    """Return where events go to the Argo CD server at `base`, which may name that place itself."""
    base = base.rstrip("/").removesuffix(PATH)
    try:
        parts = urlsplit(base)
        good = bool(parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0)
    except ValueError:
        good = False
    # what is behind a path, or before a host, would be lost or shown
    if not good or re.search(r"[?#@\s]", base):
        raise UsageError(
            "the URL of Argo CD's server is not http(s)://HOST[:PORT][/PATH]",
            "give it with --url: https://HOST",
        )
    return base + PATH


def variable_of(provider: Provider) -> str:
    """Return what the local file calls the secret of `provider`."""
    return f"WEBHOOK_SECRET_{provider.upper().replace('-', '_')}"


def render_local(text: str | None, secret: WebhookSecret) -> str:
    """Return `text`, the local file, with the secret; those of other providers stay."""
    name = variable_of(secret.provider)
    lines = (_HEAD if text is None else text).splitlines(keepends=True)
    others = [line for line in lines if not line.startswith(f"{name}=")]
    if others and not others[-1].endswith("\n"):
        others[-1] += "\n"
    return f"{''.join(others)}{name}={secret.text}\n"


def parse_local(text: str | None, provider: Provider) -> WebhookSecret | None:
    """Return the secret that the local file keeps for `provider`, None if it keeps none."""
    found = re.search(rf"^{variable_of(provider)}=(\S+)$", text or "", re.M)
    return None if found is None else WebhookSecret(provider, found[1])


def describe_form(provider: Provider, url: str) -> Mapping[str, str]:
    """Return what to enter: where, and field by field."""
    secret = f"{variable_of(provider)} of {LOCAL_FILE}"
    match provider:
        case Provider.GITHUB:
            return {
                "where": "the repository's Settings, Webhooks, Add webhook",
                "Payload URL": url,
                "Content type": "application/json",
                "Secret": secret,
                "Events": "just the push event",
            }
        case Provider.GITLAB:
            return {
                "where": "the project's Settings, Webhooks, Add new webhook",
                "URL": url,
                "Secret token": secret,
                "Trigger": "push events",
            }
        case Provider.BITBUCKET:
            return {
                "where": "the repository's Settings, Webhooks, Add webhook",
                "URL": url,
                "Triggers": "repository push",
                "UUID": "Bitbucket makes it; it is what was piped in here",
            }
        case Provider.BITBUCKET_SERVER:
            return {
                "where": "the repository's settings, Webhooks, Create webhook",
                "URL": url,
                "Secret": secret,
                "Events": "repository push",
            }
        case Provider.AZURE_DEVOPS:
            return {
                "where": "Project settings, Service hooks, Web Hooks",
                "Trigger": "code pushed",
                "URL": url,
                "Basic authentication username": AZURE_USER,
                "Basic authentication password": secret,
            }
        case Provider.GITEA:
            return {
                "where": "the repository's Settings, Webhooks, Add webhook, Gitea",
                "Target URL": url,
                "POST content type": "application/json",
                "Secret": secret,
                "Trigger on": "push events",
            }
