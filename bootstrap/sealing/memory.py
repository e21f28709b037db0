"""Whether a ciphertext is a value's: by unsealing it, or by a noted digest."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.sealing.certificate import SealingCertificate
from bootstrap.sealing.crypto import UnsealError, unseal_value
from bootstrap.sealing.digests import Digests, compute_digest
from bootstrap.sealing.sealed_secret import SealedSecret


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


def open_with(private_key: RSAPrivateKey | None, ciphertext: str, label: bytes) -> bytes | None:
    """Return the value in `ciphertext` (base64), None if the key does not open it."""
    if private_key is None:
        return None
    try:
        return unseal_value(private_key, base64.b64decode(ciphertext, validate=True), label)
    except (UnsealError, binascii.Error):
        return None


def open_all(private_key: RSAPrivateKey | None, sealed: SealedSecret) -> dict[str, bytes]:
    """Return each value in `sealed` that the key opens."""
    opened = {
        name: open_with(private_key, text, sealed.label) for name, text in sealed.encrypted.items()
    }
    return {name: value for name, value in opened.items() if value is not None}
