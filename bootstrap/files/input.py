"""The input edge: files and URLs that the user names, read with limits on what they may be."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

from bootstrap.errors import BootstrapError

MAX_SECRETS_BYTES = 2**20
MAX_CERTIFICATE_BYTES = 2**16
_SECONDS = 15
_STDIN = "-"


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
    prompt: str, hint: str = "pipe the value in: `bootstrap seal --key KEY < FILE`"
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


def read_certificate(source: str) -> str:
    """Return the PEM text at `source`, a path or an http(s) URL; 64 KiB at most."""
    remote = "://" in source
    raw = _download(source) if remote else _read_file(Path(source), MAX_CERTIFICATE_BYTES, source)
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
        # a pipe without a writer would block the open itself
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise BootstrapError(
            f"{name}: {(error.strerror or 'cannot be read').lower()}",
            "check the path and its permissions",
        ) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise BootstrapError(f"{name} is not a regular file", "give a file, or - for a pipe")
        if status.st_size > limit:
            raise _too_large(name, limit)
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            raw = stream.read(limit + 1)
    except OSError as error:
        raise BootstrapError(
            f"{name}: {(error.strerror or 'cannot be read').lower()}", "check the file and its disk"
        ) from error
    finally:
        os.close(descriptor)
    if len(raw) > limit:  # it grew, or its size is not known (as in /proc)
        raise _too_large(name, limit)
    return raw


def _download(url: str) -> bytes:
    import http.client
    import urllib.error
    import urllib.request

    if not url.startswith(("https://", "http://")):
        raise BootstrapError(
            "--cert has a scheme other than http or https", "give a path or an http(s) URL"
        )
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as response:  # noqa: S310 - scheme checked
            raw = response.read(MAX_CERTIFICATE_BYTES + 1)
    except urllib.error.HTTPError as error:
        raise BootstrapError(
            f"--cert: the server answered {error.code} {error.reason}", "check the URL"
        ) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        # other words of these may quote the URL, and with it a token
        reason = getattr(error, "reason", None) if isinstance(error, OSError) else None
        reason = reason or type(error).__name__
        raise BootstrapError(
            f"--cert: the URL can't be read ({reason})", "check the URL and the network"
        ) from None
    if len(raw) > MAX_CERTIFICATE_BYTES:
        raise _too_large("--cert", MAX_CERTIFICATE_BYTES)
    return bytes(raw)


def _too_large(name: str, limit: int) -> BootstrapError:
    return BootstrapError(f"{name} is larger than {limit // 1024} KiB", "is it the right file?")
