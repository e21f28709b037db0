"""A push event as each provider sends it, as far as Argo CD reads it, signed as it checks it.

https://github.com/argoproj/argo-cd/blob/master/util/webhook/webhook.go
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.argocd.webhook import AZURE_USER, Provider, WebhookSecret

_SCP_LIKE = re.compile(r"[^\s/@:]+@([^\s/:]+):(.+)")
_SSH = re.compile(r"ssh://(?:[^/@]+@)?([^/:]+)(?::\d+)?/(.+)")


@dataclass(frozen=True, slots=True)
class Push:
    """What was pushed where; no commits are named, so nothing that Argo CD caches is moved."""

    url: str
    """As Argo CD clones it."""
    branch: str
    path: str
    """A file that changed."""

    @property
    def web_url(self) -> str:
        """The address of the repository's page, which events speak of."""
        match = _SCP_LIKE.fullmatch(self.url) or _SSH.fullmatch(self.url)
        url = f"https://{match[1]}/{match[2]}" if match else self.url
        return url.removesuffix("/").removesuffix(".git")

    @property
    def reference(self) -> str:
        """The full name of the branch."""
        return f"refs/heads/{self.branch.removeprefix('refs/heads/')}"


def build_event(push: Push, secret: WebhookSecret) -> tuple[dict[str, str], bytes]:
    """Return headers and body of the event."""
    body = json.dumps(_payload(push, secret.provider)).encode()
    return {"Content-Type": "application/json", **_proof(secret, body)}, body


def _payload(push: Push, provider: Provider) -> Mapping[str, Any]:
    branch = push.reference.removeprefix("refs/heads/")
    repository = {"html_url": push.web_url, "default_branch": branch}
    commits = [{"added": [], "modified": [push.path], "removed": []}]
    match provider:
        case Provider.GITHUB | Provider.GITEA:
            return {"ref": push.reference, "repository": repository, "commits": commits}
        case Provider.GITLAB:
            project = {"web_url": push.web_url, "default_branch": branch}
            return {
                "object_kind": "push", "ref": push.reference, "project": project,
                "commits": commits,
            }  # fmt: skip
        case Provider.BITBUCKET:
            return {
                "repository": {"links": {"html": {"href": push.web_url}}},
                "push": {"changes": [{"new": {"name": branch}}]},
            }
        case Provider.BITBUCKET_SERVER:
            # of a link by HTTP Argo CD would ask the server which files changed
            links = {"clone": [{"name": "ssh", "href": push.web_url}]}
            return {
                "repository": {"links": links}, "changes": [{"ref": {"id": push.reference}}],
            }  # fmt: skip
        case Provider.AZURE_DEVOPS:
            resource = {
                "refUpdates": [{"name": push.reference}],
                "repository": {"remoteUrl": push.web_url, "defaultBranch": push.reference},
            }
            return {"eventType": "git.push", "resource": resource}


def _proof(secret: WebhookSecret, body: bytes) -> dict[str, str]:
    digest = hmac.new(secret.text.encode(), body, hashlib.sha256).hexdigest()
    match secret.provider:
        case Provider.GITHUB:
            return {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={digest}"}
        case Provider.GITEA:
            return {"X-Gogs-Event": "push", "X-Gogs-Signature": digest}
        case Provider.GITLAB:
            return {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": secret.text}
        case Provider.BITBUCKET:
            return {"X-Event-Key": "repo:push", "X-Hook-UUID": secret.text}
        case Provider.BITBUCKET_SERVER:
            return {"X-Event-Key": "repo:refs_changed", "X-Hub-Signature": f"sha256={digest}"}
        case Provider.AZURE_DEVOPS:
            pair = base64.b64encode(f"{AZURE_USER}:{secret.text}".encode()).decode()
            return {"X-Vss-ActivityId": "bootstrap-webhook-test", "Authorization": f"Basic {pair}"}
