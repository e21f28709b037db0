"""Providers of Git whose webhooks Argo CD takes: one row has all that is known of each.

Where Argo CD keeps the secrets: https://argo-cd.readthedocs.io/en/stable/operator-manual/webhook/
What it reads of an event, and how it is proven, goes by
https://github.com/argoproj/argo-cd/blob/master/util/webhook/webhook.go

The command line imports it for the names: what only an event needs is imported where it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bootstrap.argocd.webhook_push import Push

_AZURE_USER = "agentsmith"


class Provider(StrEnum):
    """Who sends the events."""

    GITHUB = "github"
    GITLAB = "gitlab"
    BITBUCKET = "bitbucket"
    BITBUCKET_SERVER = "bitbucket-server"
    AZURE_DEVOPS = "azuredevops"
    GITEA = "gitea"


@dataclass(frozen=True, slots=True)
class WebhookProvider:
    """What sets the webhooks of a provider apart."""

    keys: Mapping[str, str | None]
    """Of Secret argocd-secret, and what each must hold: None is the secret itself.

    The first is the one that notes who uses the secret.
    """
    form: Mapping[str, str]
    """What a person enters: where, and field by field; {url} and {secret} are filled in."""
    payload: Callable[[Push], Mapping[str, Any]]
    """Gives the body of a push event, as far as Argo CD reads it."""
    proof: Callable[[str, bytes], Mapping[str, str]]
    """Gives the headers of an event with this secret and this body."""
    sends_secret: bool = False
    """Whether an event carries the secret itself, and not a digest: it needs HTTPS."""
    read_at_start: bool = False
    """Whether Argo CD's server reads the secret only when it starts: it watches those of others."""


def _github_payload(push: Push) -> Mapping[str, Any]:
    repository = {"html_url": push.web_url, "default_branch": push.branch_name}
    return {"ref": push.reference, "repository": repository, "commits": _commits(push)}


def _gitlab_payload(push: Push) -> Mapping[str, Any]:
    project = {"web_url": push.web_url, "default_branch": push.branch_name}
    return {
        "object_kind": "push", "ref": push.reference, "project": project,
        "commits": _commits(push),
    }  # fmt: skip


def _bitbucket_payload(push: Push) -> Mapping[str, Any]:
    return {
        "repository": {"links": {"html": {"href": push.web_url}}},
        "push": {"changes": [{"new": {"name": push.branch_name}}]},
    }


def _bitbucket_server_payload(push: Push) -> Mapping[str, Any]:
    # of a link by HTTP Argo CD would ask the server which files changed
    links = {"clone": [{"name": "ssh", "href": push.web_url}]}
    return {"repository": {"links": links}, "changes": [{"ref": {"id": push.reference}}]}


def _azure_payload(push: Push) -> Mapping[str, Any]:
    resource = {
        "refUpdates": [{"name": push.reference}],
        "repository": {"remoteUrl": push.web_url, "defaultBranch": push.reference},
    }
    return {"eventType": "git.push", "resource": resource}


def _commits(push: Push) -> list[dict[str, list[str]]]:
    return [{"added": [], "modified": [push.path], "removed": []}]


def _azure_proof(secret: str, _body: bytes) -> Mapping[str, str]:
    import base64

    pair = base64.b64encode(f"{_AZURE_USER}:{secret}".encode()).decode()
    return {"X-Vss-ActivityId": "bootstrap-webhook-test", "Authorization": f"Basic {pair}"}


def _digest(secret: str, body: bytes) -> str:
    import hashlib
    import hmac

    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


PROVIDERS: Mapping[Provider, WebhookProvider] = {
    Provider.GITHUB: WebhookProvider(
        keys={"webhook.github.secret": None},
        form={
            "where": "the repository's Settings, Webhooks, Add webhook",
            "Payload URL": "{url}",
            "Content type": "application/json",
            "Secret": "{secret}",
            "Events": "just the push event",
        },
        payload=_github_payload,
        proof=lambda secret, body: {
            "X-GitHub-Event": "push",
            "X-Hub-Signature-256": f"sha256={_digest(secret, body)}",
        },
    ),
    Provider.GITLAB: WebhookProvider(
        keys={"webhook.gitlab.secret": None},
        form={
            "where": "the project's Settings, Webhooks, Add new webhook",
            "URL": "{url}",
            "Secret token": "{secret}",
            "Trigger": "push events",
        },
        payload=_gitlab_payload,
        proof=lambda secret, _body: {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": secret},
        sends_secret=True,
    ),
    Provider.BITBUCKET: WebhookProvider(
        keys={"webhook.bitbucket.uuid": None},
        form={
            "where": "the repository's Settings, Webhooks, Add webhook",
            "URL": "{url}",
            "Triggers": "repository push",
            "UUID": "Bitbucket makes it; it is what was piped in here",
        },
        payload=_bitbucket_payload,
        proof=lambda secret, _body: {"X-Event-Key": "repo:push", "X-Hook-UUID": secret},
        sends_secret=True,
    ),
    Provider.BITBUCKET_SERVER: WebhookProvider(
        keys={"webhook.bitbucketserver.secret": None},
        form={
            "where": "the repository's settings, Webhooks, Create webhook",
            "URL": "{url}",
            "Secret": "{secret}",
            "Events": "repository push",
        },
        payload=_bitbucket_server_payload,
        proof=lambda secret, body: {
            "X-Event-Key": "repo:refs_changed",
            "X-Hub-Signature": f"sha256={_digest(secret, body)}",
        },
    ),
    Provider.AZURE_DEVOPS: WebhookProvider(
        keys={"webhook.azuredevops.username": _AZURE_USER, "webhook.azuredevops.password": None},
        form={
            "where": "Project settings, Service hooks, Web Hooks",
            "Trigger": "code pushed",
            "URL": "{url}",
            "Basic authentication username": _AZURE_USER,
            "Basic authentication password": "{secret}",
        },
        payload=_azure_payload,
        proof=_azure_proof,
        sends_secret=True,
        read_at_start=True,
    ),
    Provider.GITEA: WebhookProvider(
        # Argo CD takes Gitea's events as those of Gogs, which it comes from
        keys={"webhook.gogs.secret": None},
        form={
            "where": "the repository's Settings, Webhooks, Add webhook, Gitea",
            "Target URL": "{url}",
            "POST content type": "application/json",
            "Secret": "{secret}",
            "Trigger on": "push events",
        },
        payload=_github_payload,
        proof=lambda secret, body: {
            "X-Gogs-Event": "push",
            "X-Gogs-Signature": _digest(secret, body),
        },
    ),
}
