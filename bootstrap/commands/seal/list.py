"""`bootstrap secrets list`: which keys an environment has sealed; no value is shown or kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap.checkout.environment_files import find_certificate, load_sealed
from bootstrap.checkout.environments import choose_environments
from bootstrap.checkout.private_keys import LocalKey, load_local_keys
from bootstrap.environments.environment import Environment
from bootstrap.files.repository import Repository
from bootstrap.plaintext.known_keys import SECRET_KEYS
from bootstrap.sealing.certificate import SealingCertificate
from bootstrap.sealing.crypto import Scope
from bootstrap.sealing.memory import open_with
from bootstrap.sealing.sealed_secret import SealedSecret


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key of the Secret that has a sealed value."""

    key: str
    sealed_for: str | None
    """Fingerprint of the certificate whose private key is here and opens it, None where none is."""


@dataclass(frozen=True, slots=True)
class SealedKeys:
    """What is sealed for one environment."""

    environment: Environment
    scope: Scope
    certificate: SealingCertificate | None
    """What the next value is sealed for."""
    sealed: tuple[SealedKey, ...]
    missing: tuple[str, ...]
    """Known keys that are not sealed; none of them need be."""


def list_sealed(name: str | None, repository: Repository) -> list[SealedKeys]:
    """Return the keys of environment `name`, or of all."""
    return [_keys_of(item, repository) for item in choose_environments(repository, name)]


def _keys_of(environment: Environment, repository: Repository) -> SealedKeys:
    sealed = load_sealed(environment, repository, lenient=True)
    certificate = find_certificate(environment, repository)
    local = load_local_keys(environment, repository) if sealed.encrypted else []
    return SealedKeys(
        environment,
        sealed.scope,
        certificate,
        tuple(
            SealedKey(key, _sealed_for(sealed, key, local, certificate))
            for key in sorted(sealed.encrypted)
        ),
        tuple(key for key in SECRET_KEYS if key not in sealed.encrypted),
    )


def _sealed_for(
    sealed: SealedSecret,
    key: str,
    local: Sequence[LocalKey],
    certificate: SealingCertificate | None,
) -> str | None:
    """Return whose value it is. A ciphertext does not tell: a private key that opens it does."""
    for item in local:
        if open_with(item.private_key, sealed.encrypted[key], sealed.label) is not None:
            return item.fingerprint([certificate] if certificate else [])
    return None
