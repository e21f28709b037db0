"""A push event as a provider sends it, as far as Argo CD reads it, signed as it checks it."""

from __future__ import annotations

import json

from bootstrap.argocd.webhook import WebhookSecret
from bootstrap.argocd.webhook_providers import PROVIDERS
from bootstrap.argocd.webhook_push import Push


def build_event(push: Push, secret: WebhookSecret) -> tuple[dict[str, str], bytes]:
    """Return headers and body (JSON) of the event."""
    row = PROVIDERS[secret.provider]
    body = json.dumps(row.payload(push)).encode()
    return {"Content-Type": "application/json", **row.proof(secret.text, body)}, body
