"""Passphrases: from a prompt that does not echo, or a file; never from the command line."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from bootstrap.errors import BootstrapError, UsageError


def read_passphrase(file: str | None, *, confirm: bool) -> str:
    """Return the passphrase in `file`, without its last newline, or ask for it."""
    if file is not None:
        return _from_file(file)
    if not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask for the passphrase", "give --passphrase-file FILE"
        )
    passphrase = getpass.getpass("passphrase: ")
    if confirm and passphrase and getpass.getpass("once more: ") != passphrase:
        raise BootstrapError("the two are not the same", "run this again")
    return _not_empty(passphrase, "the passphrase")


def _from_file(file: str) -> str:
    from bootstrap.files.input import read_private
    from bootstrap.git import would_be_seen

    raw = read_private(file)
    if would_be_seen(Path(file)):
        raise BootstrapError(
            f"{file} lies in a Git work tree and is not ignored, so it could be committed",
            "name it *.local.env, or move it out",
        )
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise BootstrapError(f"{file} is not UTF-8 text", "write the passphrase as text") from None
    return _not_empty(text.removesuffix("\n").removesuffix("\r"), file)


def _not_empty(passphrase: str, name: str) -> str:
    if not passphrase:
        raise BootstrapError(f"{name} is empty", "choose a long one: it guards every secret")
    return passphrase
