"""The secrets of webhooks: given or kept in a local file, and what a person enters where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bootstrap.argocd.webhook_providers import PROVIDERS, Provider, WebhookProvider
from bootstrap.errors import BootstrapError, UsageError

LOCAL_FILE = "webhook.local.env"
PATH = "/api/webhook"
RESTART = "`kubectl -n argocd rollout restart deployment argocd-server`"
_LEAST_CHARACTERS = 16
_HEAD = "# Secrets of the webhooks that tell Argo CD of a push. Never commit them.\n"


@dataclass(frozen=True, slots=True, repr=False)
class WebhookSecret:
    """What an event of `provider` proves its origin with; never shown."""

    provider: Provider
    text: str

    @property
    def row(self) -> WebhookProvider:
        """What is known of its provider."""
        return PROVIDERS[self.provider]

    def values(self) -> dict[str, str]:
        """Return the keys of Secret argocd-secret, and what they must hold."""
        return {key: self.text if fixed is None else fixed for key, fixed in self.row.keys.items()}


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
    form = PROVIDERS[provider].form
    return {field: text.format(url=url, secret=secret) for field, text in form.items()}
