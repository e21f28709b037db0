"""From the URL of a Git remote to the form that Argo CD can clone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from bootstrap.errors import BootstrapError

_SCP_LIKE = re.compile(r"(?:(?P<user>[^\s/@:]+)@)?(?P<host>[^\s/@:\[\]]+):(?P<path>[^\s]+)")
_MAX_USER = 32  # of a login name on Linux; the tokens of all providers are longer
_HINT = "pass --repo-url with the URL that Argo CD reaches the repository at"


@dataclass(frozen=True, slots=True)
class RemoteUrl:
    """A clonable URL, and what a person should know about how it came to be."""

    url: str
    warnings: tuple[str, ...] = ()


def parse_remote_url(raw: str, *, source: str) -> RemoteUrl:
    """Return the URL that Argo CD clones, without any credential that `raw` holds.

    `source` names where `raw` comes from ("remote origin", "--repo-url"). `raw` itself is never
    put in a message, as it may hold a token. Raises BootstrapError for what a cluster can't clone.
    """
    text = raw.strip()
    if "://" in text:
        return _parse_with_scheme(text, source)
    scp = _SCP_LIKE.fullmatch(text)
    if scp and not re.fullmatch(r"[A-Za-z]", scp["host"]):  # C:\folder is a path, not a host
        return _parse_scp_like(scp, source)
    if "@[" in text:
        raise BootstrapError(f"{source} is neither a URL nor of the form USER@HOST:PATH", _HINT)
    raise BootstrapError(f"{source} is a path on this machine, which Argo CD can't clone", _HINT)


def _parse_scp_like(match: re.Match[str], source: str) -> RemoteUrl:
    user, host, path = match["user"], match["host"], match["path"]
    if not user:
        raise BootstrapError(
            f"{source} names no SSH user, which Argo CD needs (such as git@HOST:...)", _HINT
        )
    _check_user(user, source)
    if "@" in path:  # user:token@host:path, taken for the host `user`
        raise BootstrapError(f"{source} is neither a URL nor of the form USER@HOST:PATH", _HINT)
    return RemoteUrl(f"{user}@{host}:{path}", _warn_of_alias(host, source))


def _check_user(user: str, source: str) -> None:
    """Refuse a token in the place of an SSH user, where it would be kept."""
    if len(user) > _MAX_USER or re.match(r"(gh[a-z]|github_pat|glpat)[_-]", user):
        raise BootstrapError(f"{source} has what looks like a token in the user's place", _HINT)


def _warn_of_alias(host: str, source: str) -> tuple[str, ...]:
    # An alias in ~/.ssh/config works here and nowhere else.
    if "." in host or ":" in host or host == "localhost":
        return ()
    return (f"host {host!r} in {source} looks like an alias of your SSH configuration",)


def _parse_with_scheme(text: str, source: str) -> RemoteUrl:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise BootstrapError(f"{source} is not a valid URL", _HINT) from None
    scheme = parts.scheme.removeprefix("git+")
    if scheme == "file":
        return RemoteUrl(f"file://{parts.path}", ("a file:// URL works only where Argo CD has it",))
    if scheme not in {"https", "http", "ssh"}:
        raise BootstrapError(
            f"{source} has the scheme {scheme!r}, which Argo CD can't clone", _HINT
        )
    if not parts.hostname or not parts.path.strip("/"):
        raise BootstrapError(f"{source} names no host or no repository", _HINT)
    return _without_credentials(parts, scheme, port, source)


def _without_credentials(
    parts: SplitResult, scheme: str, port: int | None, source: str
) -> RemoteUrl:
    host = parts.hostname or ""
    netloc = f"[{host}]" if ":" in host else host
    if port:
        netloc += f":{port}"
    # The user of an SSH URL is part of the address; in an HTTP URL it is half a credential.
    if scheme == "ssh":
        if not parts.username:
            raise BootstrapError(f"{source} names no SSH user, which Argo CD needs", _HINT)
        _check_user(parts.username, source)
        netloc = f"{parts.username}@{netloc}"
        stripped = bool(parts.password)
    else:
        stripped = parts.username is not None or parts.password is not None
    stripped = stripped or bool(parts.query) or bool(parts.fragment)
    warning = (
        f"{source} holds credentials; they were left out."
        " A private repository needs its own in Argo CD"
    )
    warnings: tuple[str, ...] = (warning,) if stripped else ()
    if scheme == "ssh":
        warnings += _warn_of_alias(host, source)
    return RemoteUrl(f"{scheme}://{netloc}{parts.path.rstrip('/')}", warnings)


def same_repository(left: str, right: str) -> bool:
    """Tell whether two clonable URLs name one repository, however each is spelt."""
    return _canonical(left) == _canonical(right)


def _canonical(url: str) -> str:
    match = _SCP_LIKE.fullmatch(url) if "://" not in url else None
    if match:
        host, path = match["host"], match["path"]
    else:
        parts = urlsplit(url)
        host, path = parts.netloc.rpartition("@")[2], parts.path
    return f"{host.lower()}/{path.strip('/').removesuffix('.git').lower()}"
