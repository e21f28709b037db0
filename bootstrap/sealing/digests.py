"""Memory of what was sealed, for those who can't unseal: keyed digests in a local, ignored file.

Encryption is randomised, so without the private key nothing in Git tells whether a value is the
one that is sealed already. A digest ties the value to its very ciphertext, certificate and scope:
when a colleague reseals, or the certificate changes, it no longer matches and the value is sealed
anew. The HMAC key never leaves the file, so digests say nothing to who reads only the repository.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_VERSION = 1
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Digests:
    """An HMAC key and, per secret key, the digest of what was last sealed here."""

    hmac_key: bytes
    by_key: Mapping[str, str] = field(default_factory=dict)

    def matches(self, key: str, digest: str) -> bool:
        """Tell whether `digest` is the one remembered for `key`."""
        return hmac.compare_digest(self.by_key.get(key, "").encode(), digest.encode())


def new_digests(random: Callable[[int], bytes] = os.urandom) -> Digests:
    """Return an empty memory with a key of its own."""
    return Digests(random(_KEY_BYTES))


def parse_digests(text: str | None) -> Digests | None:
    """Return the memory in `text`, or None where it is missing or damaged.

    Damage costs only a needless new ciphertext, so it is no error.
    """
    if text is None:
        return None
    try:
        document = json.loads(text)
        if document["version"] != _VERSION:
            return None
        hmac_key = bytes.fromhex(document["hmacKey"])
        by_key = {str(key): str(value) for key, value in document["digests"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return Digests(hmac_key, by_key) if len(hmac_key) == _KEY_BYTES else None


def render_digests(digests: Digests) -> str:
    """Return the text of the local file."""
    document = {
        "about": "local memory of `bootstrap seal`; never commit, safe to delete",
        "version": _VERSION,
        "hmacKey": digests.hmac_key.hex(),
        "digests": dict(sorted(digests.by_key.items())),
    }
    return json.dumps(document, indent=2) + "\n"


def compute_digest(
    hmac_key: bytes, *, fingerprint: str, label: bytes, key: str, ciphertext: str, value: bytes
) -> str:
    """Return the hex digest that ties `value` to how and for whom it is sealed."""
    mac = hmac.new(hmac_key, digestmod=hashlib.sha256)
    for part in (fingerprint.encode(), label, key.encode(), ciphertext.encode(), value):
        mac.update(len(part).to_bytes(8, "big") + part)
    return mac.hexdigest()
