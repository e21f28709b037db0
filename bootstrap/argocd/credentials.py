"""Credentials for a private repository, as the Secret in which Argo CD looks for them.

Format: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives import serialization

from bootstrap.constants import ARGOCD_NAMESPACE
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.sealing.sealed_secret import SealedSecret

URL_ANNOTATION = "agentsmith.dev/repository"
_LABELS = {
    "app.kubernetes.io/part-of": "agentsmith",
    "argocd.argoproj.io/secret-type": "repository",
}
_HINT = "export it again without a passphrase: Argo CD has nobody to ask for one"


class CredentialKind(StrEnum):
    """How Argo CD shows who it is; the first three can be given with `bootstrap repo add`."""

    HTTPS = "https"
    SSH = "ssh"
    GITHUB_APP = "github-app"
    BEARER = "bearer-token"
    CLIENT_CERTIFICATE = "client-certificate"
    GOOGLE_CLOUD = "google-cloud"
    AZURE = "azure"


@dataclass(frozen=True, slots=True, repr=False)
class RepositoryCredentials:
    """What Argo CD needs to read a private repository; never shown."""

    kind: CredentialKind
    values: Mapping[str, str]
    """By the names of Argo CD's fields."""


def https_credentials(username: str, password: bytes) -> RepositoryCredentials:
    """Return a user with a password or a token; one newline at the end is of the pipe."""
    text = _text(password, "the password").removesuffix("\n").removesuffix("\r")
    if not text or any(not char.isprintable() or char.isspace() for char in text):
        raise BootstrapError(
            "the password is empty, or holds a space or a control character",
            "give the password or token alone",
        )
    return RepositoryCredentials(CredentialKind.HTTPS, {"username": username, "password": text})


def ssh_credentials(key: bytes, *, source: str) -> RepositoryCredentials:
    """Return an SSH private key, which must not be encrypted."""
    _check_key(key, source, ssh=True)
    return RepositoryCredentials(CredentialKind.SSH, {"sshPrivateKey": _key_text(key, source)})


def app_credentials(
    app_id: str, installation_id: str, key: bytes, base_url: str | None, *, source: str
) -> RepositoryCredentials:
    """Return a GitHub App: its ids, its private key, and where GitHub Enterprise has its API."""
    for option, value in (
        ("--github-app-id", app_id),
        ("--github-app-installation-id", installation_id),
    ):
        if not value.isascii() or not value.isdigit():
            raise UsageError(f"{option} is no number", "see the settings of the App on GitHub")
    _check_key(key, source, ssh=False)
    return RepositoryCredentials(
        CredentialKind.GITHUB_APP,
        {
            "githubAppID": app_id,
            "githubAppInstallationID": installation_id,
            "githubAppPrivateKey": _key_text(key, source),
            **({"githubAppEnterpriseBaseUrl": base_url} if base_url else {}),
        },
    )


def check_fits(url: str, kind: CredentialKind) -> None:
    """Raise UsageError where the repository is not asked for in the way that `kind` is used."""
    by_http = url.startswith(("https://", "http://"))
    if kind is CredentialKind.SSH and by_http:
        raise UsageError(
            f"an SSH key is of no use for {url}",
            "give --username instead, or have Argo CD clone by SSH: `bootstrap init ENV --repo-url"
            " git@HOST:PATH`",
        )
    if kind is not CredentialKind.SSH and not by_http:
        raise UsageError(
            f"only an SSH key is of use for {url}",
            "give --ssh-key instead, or have Argo CD clone by HTTPS: `bootstrap init ENV --repo-url"
            " https://HOST/PATH`",
        )


def secret_name(url: str) -> str:
    """Return the name of the Secret for the repository at `url`."""
    return f"agentsmith-repository-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def secret_values(
    url: str, credentials: RepositoryCredentials, project: str | None
) -> dict[str, bytes]:
    """Return the fields of the Secret; with `project`, only its Applications may use it."""
    fields = {
        "type": "git",
        "url": url,
        **credentials.values,
        **({"project": project} if project else {}),
    }
    return {name: text.encode() for name, text in fields.items()}


def build_secret(url: str, values: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the Secret."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret_name(url), "namespace": ARGOCD_NAMESPACE, "labels": dict(_LABELS),
            "annotations": {URL_ANNOTATION: url},
        },
        "type": "Opaque",
        "data": {name: base64.b64encode(value).decode() for name, value in values.items()},
    }  # fmt: skip


def empty_sealed(url: str) -> SealedSecret:
    """Return the SealedSecret that becomes the Secret, with no value in it yet."""
    return SealedSecret(
        namespace=ARGOCD_NAMESPACE,
        name=secret_name(url),
        metadata={"annotations": {URL_ANNOTATION: url}},
        template={"metadata": {"annotations": {URL_ANNOTATION: url}, "labels": dict(_LABELS)}},
    )


def _check_key(key: bytes, source: str, *, ssh: bool) -> None:
    openssh = b"BEGIN OPENSSH PRIVATE KEY" in key
    if openssh and not ssh:
        raise BootstrapError(f"{source} is an SSH key, not that of a GitHub App", "give its .pem")
    load = serialization.load_ssh_private_key if openssh else serialization.load_pem_private_key
    try:
        load(key, password=None)
    except TypeError:
        raise BootstrapError(f"{source} is encrypted with a passphrase", _HINT) from None
    except Exception:  # by what is malformed it raises ValueError, its own types and others
        if b"ENCRYPTED" in key:
            raise BootstrapError(f"{source} is encrypted with a passphrase", _HINT) from None
        raise BootstrapError(
            f"{source} holds no private key", "give the private one, not the .pub"
        ) from None


def _key_text(key: bytes, source: str) -> str:
    return _text(key, source).replace("\r\n", "\n").rstrip("\n") + "\n"


def _text(raw: bytes, name: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise BootstrapError(
            f"{name} is not UTF-8 text", "check that it is the right one"
        ) from None
