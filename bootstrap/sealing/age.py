"""Encryption of backups in the age format (https://age-encryption.org/v1): bytes in, bytes out."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from bootstrap.errors import BootstrapError, UsageError

_MARK = b"age-encryption.org/v1\n"
_PASSPHRASE_STANZA = b"-> scrypt "


def encrypt_with_passphrase(plain: bytes, passphrase: str) -> bytes:
    """Return `plain` encrypted; the work factor makes each guess of a passphrase cost a second."""
    import pyrage

    return bytes(pyrage.passphrase.encrypt(plain, passphrase))


def encrypt_for(plain: bytes, recipients: Sequence[str]) -> bytes:
    """Return `plain` encrypted so that each of `recipients` (age1... or an SSH key) opens it."""
    import pyrage

    return bytes(pyrage.encrypt(plain, [_recipient(text) for text in recipients]))


def needs_passphrase(encrypted: bytes, *, source: str) -> bool:
    """Tell whether a passphrase opens `encrypted`, else an identity does."""
    if not encrypted.startswith(_MARK):
        raise BootstrapError(
            f"{source} is not an age file", "give the file that `bootstrap keys backup` wrote"
        )
    return encrypted[len(_MARK) :].startswith(_PASSPHRASE_STANZA)


def decrypt_with_passphrase(encrypted: bytes, passphrase: str, *, source: str) -> bytes:
    """Return the plaintext, or raise BootstrapError."""
    import pyrage

    try:
        return bytes(pyrage.passphrase.decrypt(encrypted, passphrase))
    except pyrage.DecryptError:
        raise BootstrapError(
            f"{source} does not open: the passphrase is wrong, or the file is damaged",
            "try again; a lost passphrase can't be recovered",
        ) from None


def decrypt_with_identity(encrypted: bytes, identity: str, *, source: str) -> bytes:
    """Return the plaintext; `identity` is the text of an age or SSH private key file."""
    import pyrage

    identities = _identities(identity)
    try:
        return bytes(pyrage.decrypt(encrypted, identities))
    except pyrage.DecryptError:
        raise BootstrapError(
            f"{source} does not open: the identity is not one of its recipients, or it is damaged",
            "give the private key of a recipient of this backup with --identity",
        ) from None


def _recipient(text: str) -> Any:
    import pyrage

    for kind in (pyrage.x25519.Recipient, pyrage.ssh.Recipient):
        with contextlib.suppress(pyrage.RecipientError):
            return kind.from_str(text)
    # the text is not shown: it may be a private key, given by mistake
    raise UsageError(
        "--recipient is neither an age nor an SSH public key",
        "give age1... (`age-keygen -y KEYFILE` prints it), or a line of ssh-ed25519 or ssh-rsa",
    )


def _identities(text: str) -> list[Any]:
    import pyrage

    if "-----BEGIN" in text:
        try:
            return [pyrage.ssh.Identity.from_buffer(text.encode())]
        except pyrage.IdentityError:
            raise _no_identity() from None
    lines = (line.strip() for line in text.splitlines())
    try:
        found = [
            pyrage.x25519.Identity.from_str(line)
            for line in lines
            if line and not line.startswith("#")
        ]
    except pyrage.IdentityError:
        raise _no_identity() from None
    if not found:
        raise _no_identity()
    return found


def _no_identity() -> BootstrapError:
    return BootstrapError(
        "the --identity file holds no usable age or SSH private key",
        "give the file that `age-keygen` wrote, or an SSH key without a passphrase",
    )
