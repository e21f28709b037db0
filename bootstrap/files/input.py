"""The input edge: what the user names, read with limits on what it may be."""

from __future__ import annotations

import errno
import re
import sys
from pathlib import Path
from typing import Protocol

from bootstrap.errors import BootstrapError
from bootstrap.files.reading import read_regular

MAX_SECRETS_BYTES = 2**20
MAX_CERTIFICATE_BYTES = 2**16
_STDIN = "-"


class Download(Protocol):
    """Reads from a URL, as `bootstrap.web.download` does."""

    def __call__(self, url: str, limit: int, *, name: str) -> bytes:
        """Return the first `limit` bytes at `url`, which errors call `name`."""


def read_secrets(path: str, name: str | None = None) -> bytes:
    """Return the bytes of a file of secrets, of standard input for "-"; 1 MiB at most.

    Only a regular file will do: its size is known before a byte is read. `name` is what errors
    call it, where that is not its path.
    """
    if path == _STDIN:
        if sys.stdin is None or sys.stdin.closed:
            raise BootstrapError("standard input is closed", "pipe the secrets in, or give a file")
        if sys.stdin.isatty():
            print("reading secrets from standard input until Ctrl-D", file=sys.stderr)
        raw = sys.stdin.buffer.read(MAX_SECRETS_BYTES + 1)
        if len(raw) > MAX_SECRETS_BYTES:
            raise _too_large("standard input", MAX_SECRETS_BYTES)
        return raw
    return _read_file(Path(path), MAX_SECRETS_BYTES, name or path)


def read_value(
    prompt: str, hint: str = "pipe the value in: `bootstrap secrets set KEY < FILE`"
) -> bytes:
    """Return one value: typed at a prompt that does not echo, or all of a piped standard input."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return read_secrets(_STDIN)
    import getpass
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt).encode("utf-8", "surrogateescape")
        except getpass.GetPassWarning:
            message = "this terminal would show what is typed"
        except EOFError:
            message = "nothing was typed"
    raise BootstrapError(message, hint)


def read_certificate(source: str, download: Download) -> str:
    """Return the PEM text at `source`, a path or an http(s) URL; 64 KiB at most."""
    if "://" in source:
        raw = download(source, MAX_CERTIFICATE_BYTES + 1, name="--cert")
        if len(raw) > MAX_CERTIFICATE_BYTES:
            raise _too_large("--cert", MAX_CERTIFICATE_BYTES)
    else:
        raw = _read_file(Path(source), MAX_CERTIFICATE_BYTES, source)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BootstrapError(
            f"{name_certificate(source)} is not PEM text", "give the certificate in PEM form"
        ) from None


def read_private(path: str, limit: int = MAX_CERTIFICATE_BYTES) -> bytes:
    """Return the bytes of a passphrase file, a private key or a backup."""
    return _read_file(Path(path), limit, path)


def name_certificate(source: str) -> str:
    """Return what to call the certificate at `source` in messages: no credential of a URL."""
    scheme, remote, rest = source.partition("://")
    if not remote:
        return f"--cert {source}"
    host = re.split(r"[/?#]", rest)[0].rpartition("@")[2]
    path = re.split(r"[?#]", rest)[0].partition("/")[2]
    return f"--cert {scheme}://{host}/{path}"


def _read_file(path: Path, limit: int, name: str) -> bytes:
    try:
        return read_regular(
            path,
            limit,
            irregular=BootstrapError(
                f"{name} is not a regular file", "give a file, or - for a pipe"
            ),
            large=_too_large(name, limit),
        )
    except OSError as error:
        broken = error.errno == errno.EIO
        raise BootstrapError(
            f"{name}: {(error.strerror or 'cannot be read').lower()}",
            "check the file and its disk" if broken else "check the path and its permissions",
        ) from error


def _too_large(name: str, limit: int) -> BootstrapError:
    return BootstrapError(f"{name} is larger than {limit // 1024} KiB", "is it the right file?")
