"""From the URL of a Git remote to the form that Argo CD can clone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from bootstrap.errors import BootstrapError
from bootstrap.token_shapes import in_users_place

_SCP_LIKE = re.compile(r"(?:(?P<user>[^\s/@:]+)@)?(?P<host>[^\s/@:\[\]]+):(?P<path>[^\s]+)")
_TOKEN = in_users_place()
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


def looks_like_a_token(user: str) -> bool:
    """Tell whether what stands in the place of an SSH user is no user's name."""
    return len(user) > _MAX_USER or _TOKEN.match(user) is not None


def _check_user(user: str, source: str) -> None:
    """Refuse a token in the place of an SSH user, where it would be kept."""
    if looks_like_a_token(user):
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
    """Tell whether two clonable URLs name one repository, however each is spelt.

    SSH and HTTPS of one host and path are one, as Argo CD's webhook has it; the ports of the two
    need not agree, those of one transport do.
    """
    one, other = _parts(left), _parts(right)
    if one.transport == other.transport:
        return (one.host, one.port, one.path) == (other.host, other.port, other.path)
    return (one.host, _bare(one)) == (other.host, _bare(other))


def same_but_for_an_alias(left: str, right: str) -> bool:
    """Tell whether two URLs differ in a host that only one user's SSH configuration knows."""
    one, other = _parts(left), _parts(right)
    return one.path == other.path and any("." not in host for host in (one.host, other.host))


@dataclass(frozen=True, slots=True)
class _Parts:
    transport: str
    host: str
    port: int | None
    """None where it is the one that everybody takes."""
    path: str


_USUAL_PORTS = {"https": 443, "http": 80, "ssh": 22}
# Hosts that answer SSH for another, most on port 443.
_SSH_HOSTS = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
    "ssh.dev.azure.com": "dev.azure.com",
    "vs-ssh.visualstudio.com": "dev.azure.com",
}


def _parts(url: str) -> _Parts:
    match = _SCP_LIKE.fullmatch(url) if "://" not in url else None
    if match:
        scheme, host, port, path = "ssh", match["host"], None, match["path"]
    else:
        try:
            parts = urlsplit(url)
            scheme, host, port, path = parts.scheme, parts.hostname or "", parts.port, parts.path
        except ValueError:  # somebody else's, and no URL: like itself alone
            return _Parts("", "", None, url)
    host = host.lower()
    if scheme == "ssh" and host in _SSH_HOSTS:
        host, port = _SSH_HOSTS[host], None
    plain = unquote(path).strip("/").removesuffix(".git").lower()
    host, plain = _of_azure(host, plain, by_ssh=scheme == "ssh")
    transport = "http" if scheme in {"https", "http"} else scheme
    return _Parts(transport, host, None if port == _USUAL_PORTS.get(scheme) else port, plain)


def _of_azure(host: str, path: str, *, by_ssh: bool) -> tuple[str, str]:
    """Return host and path of Azure DevOps in one form: ORGANISATION/PROJECT/REPOSITORY."""
    words = path.split("/")
    if by_ssh and host == "dev.azure.com" and len(words) == 4 and words[0] == "v3":
        return host, "/".join(words[1:])
    organisation = host.removesuffix(".visualstudio.com")
    if organisation != host:
        host, words = "dev.azure.com", [organisation, *words]
    if host != "dev.azure.com" or len(words) < 3 or words[-2] != "_git":
        return host, "/".join(words)
    place = [word for word in words[1:-2] if word != "defaultcollection"]
    # a project's own repository has its name, and is said once
    return host, "/".join([words[0], *(place or [words[-1]]), words[-1]])


def _bare(parts: _Parts) -> str:
    """Return the path less what HTTPS has of a provider and SSH has not."""
    words = parts.path.split("/")
    if parts.transport == "http" and len(words) > 2 and words[-2] == "_git":  # Azure DevOps Server
        return "/".join([*words[:-2], words[-1]])
    if parts.transport == "http" and "scm" in words[:-2] and len(words) > 2:  # Bitbucket Server
        return "/".join(words[words.index("scm") + 1 :])
    return parts.path
