"""`bootstrap seal`: plaintext in, a SealedSecret out that changes only where a value did."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.certificate import (
    SealingCertificate,
    check_not_expired,
    key_belongs_to,
    parse_certificate,
    parse_private_key,
)
from bootstrap.commands.reporter import Reporter
from bootstrap.commands.sealing_certificate import CERTIFICATE_FILE, KEY_FILE, SEALED_FILE
from bootstrap.constants import REDIS_URL_KEY, REDIS_URL_VALUE
from bootstrap.crypto import UnsealError, seal_value, unseal_value
from bootstrap.digests import Digests, compute_digest, new_digests, parse_digests, render_digests
from bootstrap.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.git import Git
from bootstrap.manifest import Manifest
from bootstrap.repository import Change, Repository
from bootstrap.sealed_secret import (
    Merge,
    SealedSecret,
    merge_values,
    parse_sealed_secret,
    render_sealed_secret,
)
from bootstrap.secret_input import SecretInput

DIGESTS_FILE = "sealed-digests.local.json"


@dataclass(frozen=True, slots=True)
class SealResult:
    """What was, or in a dry run would be, sealed; key names only."""

    environment: Environment
    certificate: SealingCertificate
    manifest: Manifest
    change: Change
    merge: Merge
    empty: tuple[str, ...]
    """Keys left out because their value is empty."""
    ignored: int
    """How many entries stand beside the `secrets:` block: the chart's other values."""


@dataclass(frozen=True, slots=True, repr=False)
class _Memory:
    """Tells whether a ciphertext is a value's: by unsealing, or by what was noted when sealing."""

    certificate: SealingCertificate
    label: bytes
    private_key: RSAPrivateKey | None
    digests: Digests

    def is_unchanged(self, key: str, ciphertext: str, value: bytes) -> bool:
        if self.private_key:
            try:
                return (
                    unseal_value(self.private_key, base64.b64decode(ciphertext), self.label)
                    == value
                )
            except UnsealError:
                return False
        return self.digests.matches(key, self.digest(key, ciphertext, value))

    def digest(self, key: str, ciphertext: str, value: bytes) -> str:
        return compute_digest(
            self.digests.hmac_key,
            fingerprint=self.certificate.fingerprint,
            label=self.label,
            key=key,
            ciphertext=ciphertext,
            value=value,
        )


def seal(
    environment: Environment,
    secrets: SecretInput,
    *,
    certificate: Callable[[], tuple[str, str]] | None,
    repository: Repository,
    git: Git,
    now: datetime,
    reporter: Reporter,
    dry_run: bool = False,
) -> SealResult:
    """Merge `secrets` into the environment's SealedSecret.

    `certificate` gives PEM text and the name of its source, None takes the environment's own.
    `now` is aware, in UTC.
    """
    with repository.lock():
        existing = _load_sealed(environment, repository)
        chosen = _load_certificate(environment, certificate, repository, now, reporter)
        memory = _recall(environment, chosen, existing, repository)
        values = dict(secrets.values)
        if REDIS_URL_KEY not in existing.encrypted:
            values.setdefault(REDIS_URL_KEY, REDIS_URL_VALUE.encode())
        _check_redis_url(values)
        merge = merge_values(
            existing,
            values,
            seal=lambda value: seal_value(chosen.public_key, value, existing.label),
            is_unchanged=memory.is_unchanged,
        )
        manifest = render_sealed_secret(merge.result, environment.path(SEALED_FILE))
        manifests = [manifest, *_remember(environment, memory, merge, values, git, reporter)]
        changes = repository.plan(manifests) if dry_run else repository.write(manifests)
    return SealResult(
        environment, chosen, manifest, changes[0], merge, secrets.empty, secrets.ignored
    )


def _load_sealed(environment: Environment, repository: Repository) -> SealedSecret:
    path = environment.path(SEALED_FILE)
    text = repository.read(path)
    if text is None:
        return SealedSecret(namespace=environment.namespace)
    return parse_sealed_secret(text, path=path, namespace=environment.namespace)


def _load_certificate(
    environment: Environment,
    certificate: Callable[[], tuple[str, str]] | None,
    repository: Repository,
    now: datetime,
    reporter: Reporter,
) -> SealingCertificate:
    path = environment.path(CERTIFICATE_FILE)
    text = repository.read(path)
    pinned = parse_certificate(text, source=path) if text is not None else None
    if certificate is None:
        if pinned is None:
            raise BootstrapError(
                f"{path} is missing, so there is no certificate to seal for",
                f"restore it with `git checkout`, or run `bootstrap init {environment.name}`",
            )
        check_not_expired(pinned, now=now, source=path)
        return pinned
    pem, source = certificate()
    chosen = parse_certificate(pem, source=source)
    check_not_expired(chosen, now=now, source=source)
    if pinned and pinned.fingerprint != chosen.fingerprint:
        reporter.warn(f"{source} is not the certificate in {path}; the cluster must hold its key")
    return chosen


def _recall(
    environment: Environment,
    certificate: SealingCertificate,
    existing: SealedSecret,
    repository: Repository,
) -> _Memory:
    key_path = environment.path(KEY_FILE)
    text = repository.read(key_path)
    private_key = parse_private_key(text, source=key_path) if text else None
    if private_key and not key_belongs_to(private_key, certificate):
        private_key = None
    digests = None
    with contextlib.suppress(BootstrapError):  # damage costs only a needless new ciphertext
        digests = parse_digests(repository.read(environment.path(DIGESTS_FILE)))
    return _Memory(certificate, existing.label, private_key, digests or new_digests())


def _remember(
    environment: Environment,
    memory: _Memory,
    merge: Merge,
    values: dict[str, bytes],
    git: Git,
    reporter: Reporter,
) -> list[Manifest]:
    """Return the local file of digests, or nothing where it is not needed or not safe to write."""
    if memory.private_key:
        return []
    path = environment.path(DIGESTS_FILE)
    if not git.would_ignore(git.root / path):
        reporter.warn(f"{path} would not be ignored by Git: add *.local.json to .gitignore")
        return []
    by_key = {key: digest for key, digest in memory.digests.by_key.items() if key in merge.kept}
    for key, value in values.items():
        by_key[key] = memory.digest(key, merge.result.encrypted[key], value)
    return [Manifest(path, render_digests(Digests(memory.digests.hmac_key, by_key)), private=True)]


def _check_redis_url(values: dict[str, bytes]) -> None:
    if b"://" in values.get(REDIS_URL_KEY, b""):
        raise BootstrapError(
            f"{REDIS_URL_KEY} is a URL, but Agent Smith reads HOST:PORT[,option=value]",
            f"write {REDIS_URL_VALUE}, or leave it out to have just that",
        )
