"""The credentials that Argo CD has, and with which of them it reads a repository.

How it chooses: https://argo-cd.readthedocs.io/en/stable/user-guide/private-repositories/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from bootstrap.argocd.credentials import CredentialKind
from bootstrap.environments.repo_url import looks_like_a_token
from bootstrap.token_shapes import MASK, in_logs

# In the order in which Argo CD looks for them: whoever has a password is asked for no key.
_KINDS = (
    (CredentialKind.HTTPS, "password"),
    (CredentialKind.BEARER, "bearerToken"),
    (CredentialKind.SSH, "sshPrivateKey"),
    (CredentialKind.GITHUB_APP, "githubAppPrivateKey"),
    (CredentialKind.GOOGLE_CLOUD, "gcpServiceAccountKey"),
    (CredentialKind.AZURE, "useAzureWorkloadIdentity"),
    (CredentialKind.CLIENT_CERTIFICATE, "tlsClientCertKey"),
    (CredentialKind.HTTPS, "username"),
)
_SCP_LIKE = re.compile(r"^([^/:@]+@[^/:@]+):")
_SSH_USER = re.compile(r"[\w.+-]+")
_TOKEN = in_logs()
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*://")


@dataclass(frozen=True, slots=True)
class KnownRepository:
    """A repository that Argo CD has a Secret for; of the Secret nothing else is kept."""

    secret: str
    url: str = field(repr=False)
    """As the Secret has it, which may hold credentials: show `shown_url` of it."""
    project: str
    fields: frozenset[str] = frozenset()
    """The names of those that are set."""

    @property
    def kind(self) -> CredentialKind | None:
        """How Argo CD shows who it is; None without credentials."""
        return kind_of(self.fields)


def kind_of(fields: Collection[str]) -> CredentialKind | None:
    """Return what kind of credentials a Secret with these fields holds, None for none."""
    return next((kind for kind, name in _KINDS if name in fields), None)


def find_reading(
    url: str,
    project: str,
    repositories: Sequence[KnownRepository],
    templates: Sequence[KnownRepository],
) -> KnownRepository | None:
    """Return the credentials with which Argo CD reads `url` for an Application of `project`.

    Those of the repository itself come first, of them the project's own; then those of the
    longest beginning of its URL.
    """
    spelt = spelt_by_argocd(url)
    own = [item for item in repositories if spelt_by_argocd(item.url) == spelt]
    chosen = next(
        (item for wanted in (project, "") for item in own if item.project == wanted), None
    )
    if chosen is not None and chosen.kind is not None:
        return chosen
    fitting = [
        item
        for item in templates
        if item.kind is not None
        and item.url.strip()
        and spelt.startswith(spelt_by_argocd(item.url))
    ]
    return max(fitting, key=lambda item: len(spelt_by_argocd(item.url)), default=None)


def spelt_by_argocd(url: str) -> str:
    """Return `url` as Argo CD compares it to find credentials: those of HTTPS are not for SSH."""
    return (
        _SCP_LIKE.sub(r"\1/", url.strip().lower(), count=1)
        .removeprefix("ssh://")
        .removesuffix(".git")
    )


def shown_url(url: str) -> str:
    """Return `url` fit to be shown: anything in it that may be a password or token is masked.

    A Secret's URL is whatever somebody wrote into it, a token with a slash as well: all before the
    last @ goes that is not plainly the user of an SSH URL, rather too much than too little.
    """
    text = url.strip()
    match = _SCHEME.match(text)
    scheme = match[0].lower() if match else ""
    rest = text[len(scheme) :]
    head, at, place = rest.rpartition("@")
    if at and re.search(r"[?#]", head):  # a token that has them, or one behind them
        return scheme + MASK
    if at:
        is_ssh = scheme in {"", "ssh://", "git+ssh://"}
        is_user = _SSH_USER.fullmatch(head) and not looks_like_a_token(head)
        rest = f"{head if is_ssh and is_user else MASK}@{place}"
    plain = re.split(r"[?#]", rest, maxsplit=1)
    return scheme + _TOKEN.sub(MASK, plain[0]) + (f"?{MASK}" if len(plain) > 1 else "")
