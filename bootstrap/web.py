"""The edge to web servers other than the cluster's: one request, over HTTP or HTTPS."""

from __future__ import annotations

from collections.abc import Mapping

from bootstrap.errors import BootstrapError

_SECONDS = 15


def post(url: str, headers: Mapping[str, str], body: bytes) -> int | None:
    """Send `body` and return the status of the answer, None if nobody answered.

    A certificate is checked as ever: SSL_CERT_FILE names an authority of one's own.
    """
    import http.client
    import ssl
    import urllib.error
    import urllib.request

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        """What is sent proves who we are: it must not go elsewhere."""

        def redirect_request(self, *_arguments: object) -> None:
            return None

    request = urllib.request.Request(url, body, dict(headers), method="POST")  # noqa: S310 - of http(s), as the caller checked
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return int(error.code)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise BootstrapError(
                f"{url}: its certificate is not trusted: {reason.verify_message}",
                "name the authority's certificate in SSL_CERT_FILE, or use the right host",
            ) from None
        return None


def download(url: str, limit: int, *, name: str) -> bytes:
    """Return the first `limit` bytes at `url`.

    `name` is what errors call it: a URL may hold a token.
    """
    import http.client
    import urllib.error
    import urllib.request

    if not url.startswith(("https://", "http://")):
        raise BootstrapError(
            f"{name} has a scheme other than http or https", "give a path or an http(s) URL"
        )
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - scheme checked
            return bytes(answer.read(limit))
    except urllib.error.HTTPError as error:
        error.close()
        raise BootstrapError(
            f"{name}: the server answered {error.code} {error.reason}", "check the URL"
        ) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        # other words of these may quote the URL, and with it a token
        reason = getattr(error, "reason", None) if isinstance(error, OSError) else None
        reason = reason or type(error).__name__
        raise BootstrapError(
            f"{name}: the URL can't be read ({reason})", "check the URL and the network"
        ) from None
