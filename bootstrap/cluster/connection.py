"""A connection to one API server, with its errors turned into ours."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from bootstrap.cluster.errors import api_error
from bootstrap.constants import FIELD_MANAGER
from bootstrap.errors import BootstrapError, UnavailableError

_TIMEOUT = (5, 30)
"""Seconds to connect, seconds to read."""
_APPLY_PATCH = "application/apply-patch+yaml"
_MERGE_PATCH = "application/merge-patch+json"
_NOT_FOUND = 404
_NOT_BARE = re.compile(r"[\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class Connection:
    """Asks by path, in JSON, as one context says; `open` makes it.

    The client's own APIs and models are not asked for, and where it loads lazily they are never
    loaded: that takes longer than most commands. A refusal is the client's ApiException, which
    `translated` makes ours.
    """

    def __init__(self, api_client: Any, context: str) -> None:
        """Use `open` instead."""
        self.context = context
        self._client = api_client
        self._authenticating = threading.Lock()

    @classmethod
    def open(cls, context: str | None) -> Connection:
        """Connect by the kubeconfig (KUBECONFIG or the default place), in `context` or its own."""
        from kubernetes import config

        hint = "check --context and KUBECONFIG: `kubectl config get-contexts`"
        try:
            contexts, active = config.list_kube_config_contexts()
            name = context or active["name"]
            if name not in {item["name"] for item in contexts}:
                raise BootstrapError(f"the kubeconfig has no context {name!r}", hint)
            return cls(config.new_client_from_config(context=name), name)
        except (config.ConfigException, OSError, KeyError, TypeError) as error:
            raise BootstrapError(f"no cluster to talk to: {_first_line(error)}", hint) from error

    def post(self, path: str, body: Mapping[str, Any]) -> tuple[int, bytes]:
        """Send `body` as JSON to `path` of the API server; return the status and the answer.

        It is sent once: a Service answers it, and may have acted on what it did not answer.
        """
        answer = self._send("POST", path, body=json.dumps(body).encode(), retries=False)
        return answer.status, bytes(answer.data)

    def get(self, path: str) -> dict[str, Any] | None:
        """Return the JSON that the API server has at `path`, None where it says 404."""
        answer = self._send("GET", path)
        return None if answer.status == _NOT_FOUND else self._decoded(answer)

    def read(self, path: str) -> dict[str, Any]:
        """Return the object at `path`, which must be there: 404 is a refusal."""
        return self.read_dated(path)[0]

    def read_dated(self, path: str) -> tuple[dict[str, Any], str | None]:
        """Return the same, and the date that the API server has (RFC 9110, section 5.6.7)."""
        answer = self._send("GET", path)
        return self._decoded(answer), answer.headers.get("date")

    def read_text(self, path: str, **query: str) -> str:
        """Return what is at `path` as text; bytes that are none are replaced."""
        return _checked(self._send("GET", _with(path, query))).decode("utf-8", "replace")

    def items(
        self,
        path: str,
        selector: str = "",
        *,
        missing_ok: bool = False,
        accept: str = "application/json",
    ) -> list[dict[str, Any]]:
        """Return the objects of the list at `path` that have those labels, in the form `accept`.

        With `missing_ok` there are none of a kind that is not served; else 404 is a refusal.
        """
        query = {"labelSelector": selector} if selector else {}
        answer = self._send("GET", _with(path, query), accept=accept)
        if missing_ok and answer.status == _NOT_FOUND:
            return []
        return self._decoded(answer).get("items") or []

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send `body` to the list at `path`; return what became of it."""
        return self._decoded(self._send("POST", path, body=json.dumps(body).encode()))

    def delete(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Delete what is at `path`, if it is there; `body` may set conditions."""
        sent = None if body is None else json.dumps(body).encode()
        answer = self._send("DELETE", path, body=sent)
        if answer.status != _NOT_FOUND:
            _checked(answer)

    def merge(
        self, path: str, change: Mapping[str, Any], *, manager: str = "", missing_ok: bool = False
    ) -> None:
        """Merge `change` into the object at `path` (RFC 7386); `missing_ok`: if there is one."""
        query = {"fieldManager": manager} if manager else {}
        answer = self._send(
            "PATCH", _with(path, query), body=json.dumps(change).encode(), content_type=_MERGE_PATCH
        )
        if answer.status != _NOT_FOUND or not missing_ok:
            _checked(answer)

    def apply(
        self,
        path: str,
        manifest: Mapping[str, Any] | str,
        *,
        force: bool,
        manager: str = FIELD_MANAGER,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Apply `manifest` (a mapping, or YAML text) server-side at `path`; return what it became.

        `force` takes over fields of other managers, a conflict otherwise. With `dry_run` nothing is
        kept.
        """
        query = {
            "fieldManager": manager,
            **({"force": "true"} if force else {}),
            **({"dryRun": "All"} if dry_run else {}),
        }
        text = manifest if isinstance(manifest, str) else _as_yaml(manifest)
        answer = self._send(
            "PATCH", _with(path, query), body=text.encode(), content_type=_APPLY_PATCH
        )
        return self._decoded(answer)

    def _decoded(self, answer: Any) -> dict[str, Any]:
        """Return the object in `answer`; what is none does not come from an API server."""
        try:
            found = json.loads(_checked(answer))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise BootstrapError(
                f"what answers for cluster {self.context} is no API server",
                "check its `server:` in the kubeconfig, and what may stand in between: a proxy, a"
                " page that wants a login",
            )
        return found

    def _send(
        self,
        method: str,
        path: str,
        *,
        accept: str = "application/json",
        body: bytes | None = None,
        content_type: str = "application/json",
        retries: bool | None = None,
    ) -> Any:
        """Return what answers, whatever its status; with `retries` None as the client retries."""
        from urllib3 import Timeout

        settings = self._client.configuration
        headers = {"Content-Type": content_type, "Accept": accept, "User-Agent": FIELD_MANAGER}
        # it may run the user's plug-in for a new token: once, not once for each thread
        with self._authenticating:
            found = list(settings.auth_settings().values())
        headers |= {item["key"]: item["value"] for item in found if item["in"] == "header"}
        connect, read = _TIMEOUT
        return self._client.rest_client.pool_manager.request(
            method, settings.host + path, body=body, headers=headers,
            timeout=Timeout(connect=connect, read=read), retries=retries,
        )  # fmt: skip

    @contextmanager
    def translated(self, step: str, *, may_force: bool = False) -> Iterator[None]:
        """Turn the client's errors into ours, naming the step; bodies may be long and are cut.

        `may_force` says that the command has --force-conflicts, and that it was not given.
        """
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        try:
            yield
        except ApiException as error:
            raise api_error(step, error, self.context, may_force) from error
        except (HTTPError, OSError) as error:
            raise UnavailableError(
                f"{step}: cluster {self.context} does not answer ({type(error).__name__})",
                "check the cluster and your network: `kubectl version` must work",
            ) from error


def _checked(answer: Any) -> bytes:
    """Return what the API server answered, or raise the client's own error."""
    from kubernetes.client import ApiException

    if not 200 <= answer.status < 300:
        error = ApiException(status=answer.status, reason=answer.reason)
        error.body = bytes(answer.data)
        raise error
    return bytes(answer.data)


def _as_yaml(manifest: Mapping[str, Any]) -> str:
    """Return `manifest` as JSON that YAML reads alike: it knows no pair of escapes for one letter.

    What YAML has no plain form for, or folds, is escaped.
    """
    return _NOT_BARE.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(manifest, ensure_ascii=False)
    )


def _with(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(sorted(query.items()))}" if query else path


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:256]
