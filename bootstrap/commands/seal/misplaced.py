"""What a value was sealed for that the place of its file does not open: a scope, a namespace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.environments.environment import Environment
from bootstrap.sealing.crypto import Scope, encryption_label
from bootstrap.sealing.memory import open_with
from bootstrap.sealing.sealed_secret import SealedSecret

_FEW = 20
"""Up to so many other namespaces are tried for each value."""
_MOST = 100
"""Of more, so many are tried, and for one value: each try is a decryption, two for a namespace."""


class Misplaced:
    """Looks for the other scope or environment for which values of `sealed` were sealed."""

    def __init__(
        self, key: RSAPrivateKey | None, sealed: SealedSecret, others: Sequence[Environment]
    ) -> None:
        """Try nothing yet; `others` are the environments that a value may come from."""
        self._key, self._sealed = key, sealed
        self._namespaces = list(dict.fromkeys(item.namespace for item in others))
        self._last: tuple[bytes, str] | None = None
        self._is_searched = False

    @property
    def passed_over(self) -> str:
        """Say in brackets what was not tried, if so: "" where everything was."""
        count = len(self._namespaces)
        if count <= _FEW:
            return ""
        return f" ({min(count, _MOST)} of {count} other namespaces were tried, with one value)"

    def cause(self, text: str) -> str | None:
        """Return what the ciphertext `text` was sealed for, None if nothing tried opens it.

        What one value was sealed for is tried first for the next.
        """
        if self._last is not None and self._opens(text, self._last[0]):
            return self._last[1]
        if len(self._namespaces) > _FEW and self._is_searched:
            return None
        self._is_searched = True
        for label, cause in self._places():
            if self._opens(text, label):
                self._last = (label, cause)
                return cause
        return None

    def _places(self) -> Iterator[tuple[bytes, str]]:
        sealed = self._sealed
        for scope in Scope:
            label = replace(sealed, scope=scope).label
            yield label, f"it is sealed {scope}, but the file says {sealed.scope}"
        for namespace in islice(self._namespaces, _MOST):
            for scope in (Scope.STRICT, Scope.NAMESPACE_WIDE):
                label = encryption_label(scope, namespace=namespace, name=sealed.name)
                yield label, f"it is sealed for namespace {namespace}, not {sealed.namespace}"

    def _opens(self, text: str, label: bytes) -> bool:
        return open_with(self._key, text, label) is not None
