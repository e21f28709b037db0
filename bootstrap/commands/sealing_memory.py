"""What is known about values that are sealed already: by unsealing them, or by noted digests."""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.certificate import SealingCertificate, key_belongs_to, parse_private_key
from bootstrap.commands.sealing_certificate import KEY_FILE
from bootstrap.crypto import UnsealError, unseal_value
from bootstrap.digests import Digests, compute_digest, new_digests, parse_digests, render_digests
from bootstrap.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from bootstrap.repository import Repository

DIGESTS_FILE = "sealed-digests.local.json"


@dataclass(frozen=True, slots=True, repr=False)
class SealingMemory:
    """Tells whether a ciphertext is a value's, and opens it where the private key is here."""

    certificate: SealingCertificate
    private_key: RSAPrivateKey | None
    """The environment's local key, whatever certificate it belongs to."""
    is_own_key: bool
    """Whether it is the key of `certificate`."""
    digests: Digests

    def open(self, ciphertext: str, label: bytes) -> bytes | None:
        """Return the value in `ciphertext`, None if there is no key here that opens it."""
        return open_with(self.private_key, ciphertext, label)

    def is_unchanged(self, key: str, ciphertext: str, value: bytes, label: bytes) -> bool:
        """Tell whether `ciphertext` is `value` sealed under `label` for the certificate."""
        if self.is_own_key:
            return self.open(ciphertext, label) == value
        return self.digests.matches(key, self._digest(key, ciphertext, value, label))

    def note(
        self, encrypted: Mapping[str, str], values: Mapping[str, bytes], label: bytes
    ) -> Digests:
        """Return the digests of `values` as they now are, with those noted of other keys."""
        by_key = {
            key: digest
            for key, digest in self.digests.by_key.items()
            if key in encrypted and key not in values
        }
        for key, value in values.items():
            by_key[key] = self._digest(key, encrypted[key], value, label)
        return Digests(self.digests.hmac_key, by_key)

    def _digest(self, key: str, ciphertext: str, value: bytes, label: bytes) -> str:
        return compute_digest(
            self.digests.hmac_key,
            fingerprint=self.certificate.fingerprint,
            label=label,
            key=key,
            ciphertext=ciphertext,
            value=value,
        )


def load_memory(
    environment: Environment, certificate: SealingCertificate, repository: Repository
) -> SealingMemory:
    """Return what this work tree knows about the values of `environment`."""
    private_key = load_private_key(environment, repository)
    digests = None
    with contextlib.suppress(BootstrapError):  # damage costs only a needless new ciphertext
        digests = parse_digests(repository.read(environment.path(DIGESTS_FILE)))
    return SealingMemory(
        certificate,
        private_key,
        private_key is not None and key_belongs_to(private_key, certificate),
        digests or new_digests(),
    )


def load_private_key(environment: Environment, repository: Repository) -> RSAPrivateKey | None:
    """Return the environment's local private key, None where it has none."""
    path = environment.path(KEY_FILE)
    text = repository.read(path)
    return parse_private_key(text, source=path) if text else None


def open_with(private_key: RSAPrivateKey | None, ciphertext: str, label: bytes) -> bytes | None:
    """Return the value in `ciphertext` (base64), None if the key does not open it."""
    if private_key is None:
        return None
    try:
        return unseal_value(private_key, base64.b64decode(ciphertext, validate=True), label)
    except (UnsealError, binascii.Error):
        return None


def render_memory(environment: Environment, digests: Digests) -> Manifest:
    """Return the local file of digests."""
    return Manifest(environment.path(DIGESTS_FILE), render_digests(digests), private=True)
