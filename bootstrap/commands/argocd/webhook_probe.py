"""`bootstrap webhook test`: a signed sample goes out, and Argo CD is seen to look again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bootstrap.argocd.webhook import RESTART, WebhookSecret, webhook_url
from bootstrap.argocd.webhook_events import build_event
from bootstrap.argocd.webhook_providers import Provider
from bootstrap.argocd.webhook_push import Push
from bootstrap.cluster import Cluster
from bootstrap.constants import APPLICATIONS_DIR
from bootstrap.errors import BootstrapError
from bootstrap.objects import mapping
from bootstrap.protocols import Clock, Look, Reporter, looks

Post = Callable[[str, Mapping[str, str], bytes], int | None]
_OK = 200
_REFUSALS = (400, 401)
_PAUSE = 0.5
_LONG_PAUSE = 1.0
_AGAIN_SECONDS = 5.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Probe:
    """Where the sample goes, and how long Argo CD has."""

    argocd_url: str
    root: str
    """The name of the root Application, which is seen to refresh."""
    seconds: float
    post: Post
    clock: Clock
    reporter: Reporter

    def run(self, secret: WebhookSecret, cluster: Cluster) -> float:
        """Return the seconds that the refresh took. Raises BootstrapError where there is none."""
        url = self._check_url(secret)
        push = _target(cluster, self.root)
        deadline = self.clock.monotonic() + self.seconds
        wrong = WebhookSecret(secret.provider, "wrong-" + secrets.token_urlsafe(16))
        # Argo CD takes a moment to read a new secret, and restarts its server for it
        for look in self._looks(deadline, _LONG_PAUSE):
            status = self.post(url, *build_event(push, wrong))
            if status in _REFUSALS:
                break
            if look.is_last:
                raise _not_refused(url, status, secret)
        self.reporter.step("an event with a wrong secret is refused")
        before = _reconciled(cluster, self.root)
        began = sent = self.clock.monotonic()
        self._send(url, push, secret, deadline)
        self.reporter.step("an event with the secret is accepted")
        for look in self._looks(deadline, _PAUSE):
            if _reconciled(cluster, self.root) != before:
                break
            if look.is_last:
                raise BootstrapError(
                    f"Argo CD took the event, but did not look at {push.url} again",
                    "it must know the repository by the host and path that the provider has:"
                    " `bootstrap init ENV --repo-url URL`",
                )
            if self.clock.monotonic() - sent > _AGAIN_SECONDS:
                # its time has whole seconds: one refresh may look like the one before
                self._send(url, push, secret, deadline)
                sent = self.clock.monotonic()
        return self.clock.monotonic() - began

    def _send(self, url: str, push: Push, secret: WebhookSecret, deadline: float) -> None:
        """Send the event until it is accepted."""
        for look in self._looks(deadline, _PAUSE):
            status = self.post(url, *build_event(push, secret))
            if status == _OK:
                return
            if look.is_last:
                raise _refused(url, status, secret.provider)

    def _looks(self, deadline: float, pause: float) -> Iterator[Look]:
        return looks(self.clock, deadline - self.clock.monotonic(), pause=pause)

    def _check_url(self, secret: WebhookSecret) -> str:
        url = webhook_url(self.argocd_url)
        parts = urlsplit(url)
        open_way = parts.scheme == "http" and parts.hostname not in _LOOPBACK
        if open_way and secret.row.sends_secret:
            self.reporter.warn(
                f"{secret.provider} sends the secret itself, and {url} is not encrypted"
            )
        return url


def _target(cluster: Cluster, name: str) -> Push:
    """Return a push that the root Application looks at."""
    root = cluster.argocd.read_applications().get(name)
    if root is None:
        raise BootstrapError(
            f"Argo CD has no Application {name}, which could be seen to refresh",
            "run `bootstrap up` first",
        )
    source = mapping(mapping(root.get("spec")).get("source"))
    return Push(
        url=str(source.get("repoURL")),
        branch=str(source.get("targetRevision")),
        path=f"{APPLICATIONS_DIR}/sample.yaml",
    )


def _reconciled(cluster: Cluster, name: str) -> str:
    """Return when Argo CD last compared the root Application with Git."""
    root = cluster.argocd.read_applications().get(name) or {}
    return str(mapping(root.get("status")).get("reconciledAt") or "")


def _not_refused(url: str, status: int | None, secret: WebhookSecret) -> BootstrapError:
    if status == _OK:
        restart = f"; then {RESTART}, which reads it" if secret.row.read_at_start else ""
        return BootstrapError(
            "Argo CD takes an event with a wrong secret: anybody could have it refresh",
            f"set one: `bootstrap webhook set --provider {secret.provider}`{restart}",
        )
    return _no_argocd(url, status)


def _refused(url: str, status: int | None, provider: Provider) -> BootstrapError:
    if status in _REFUSALS:
        return BootstrapError(
            f"Argo CD refuses the event (status {status}): it expects another secret",
            f"set this one: `bootstrap webhook set --provider {provider} --replace`",
        )
    return _no_argocd(url, status)


def _no_argocd(url: str, status: int | None) -> BootstrapError:
    what = "nobody answers" if status is None else f"the answer is {status}"
    return BootstrapError(
        f"{url}: {what}, so Argo CD's server is not there",
        "give its URL with --url; the provider must reach it, too",
    )
