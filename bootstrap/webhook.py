"""Webhooks of Git providers: where Argo CD keeps their secrets, and what a person enters where.

https://argo-cd.readthedocs.io/en/stable/operator-manual/webhook/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bootstrap.errors import BootstrapError

LOCAL_FILE = "webhook.local.env"
PATH = "/api/webhook"
AZURE_USER = "agentsmith"
RESTART = "`kubectl -n argocd rollout restart deployment argocd-server`"
_LEAST_CHARACTERS = 16
_LINE = re.compile(r"^WEBHOOK_SECRET=(\S+)$", re.M)
_PROVIDER_LINE = re.compile(r"^# provider (\S+)$", re.M)


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


def render_local(secret: WebhookSecret) -> str:
    """Return the text of the local file that keeps the secret."""
    return (
        f"# Secret of the webhook that tells Argo CD of a push. Never commit it.\n"
        f"# provider {secret.provider}\nWEBHOOK_SECRET={secret.text}\n"
    )


def parse_local(text: str | None, provider: Provider) -> WebhookSecret | None:
    """Return the secret that the local file keeps for `provider`, None if it keeps none."""
    found, of = _LINE.search(text or ""), _PROVIDER_LINE.search(text or "")
    if found is None or of is None or of[1] != provider:
        return None
    return WebhookSecret(provider, found[1])


_SECRET = f"WEBHOOK_SECRET of {LOCAL_FILE}"


def describe_form(provider: Provider, url: str) -> Mapping[str, str]:
    """Return what to enter: where, and field by field."""
    match provider:
        case Provider.GITHUB:
            return {
                "where": "the repository's Settings, Webhooks, Add webhook",
                "Payload URL": url,
                "Content type": "application/json",
                "Secret": _SECRET,
                "Events": "just the push event",
            }
        case Provider.GITLAB:
            return {
                "where": "the project's Settings, Webhooks, Add new webhook",
                "URL": url,
                "Secret token": _SECRET,
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
                "Secret": _SECRET,
                "Events": "repository push",
            }
        case Provider.AZURE_DEVOPS:
            return {
                "where": "Project settings, Service hooks, Web Hooks",
                "Trigger": "code pushed",
                "URL": url,
                "Basic authentication username": AZURE_USER,
                "Basic authentication password": _SECRET,
            }
        case Provider.GITEA:
            return {
                "where": "the repository's Settings, Webhooks, Add webhook, Gitea",
                "Target URL": url,
                "POST content type": "application/json",
                "Secret": _SECRET,
                "Trigger on": "push events",
            }
