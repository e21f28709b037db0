"""A connection to one API server, with its errors turned into ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bootstrap.errors import BootstrapError, UnavailableError

_TIMEOUT = (5, 30)
"""Seconds to connect, seconds to read."""
APPLY_PATCH = "application/apply-patch+yaml"
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500
_AGAIN = "run this again"
_FORCE = "take that manager's change back, or run this with --force-conflicts"


class Connection:
    """The client's APIs in one context; `open` makes it."""

    def __init__(self, api_client: Any, context: str) -> None:
        """Use `open` instead."""
        from kubernetes import client

        self.context = context
        self._client = api_client
        self.core = client.CoreV1Api(api_client)
        self.apps = client.AppsV1Api(api_client)
        self.batch = client.BatchV1Api(api_client)
        self.custom = client.CustomObjectsApi(api_client)
        self.apis = client.ApisApi(api_client)
        self.serialize = api_client.sanitize_for_serialization

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

        The client's own calls of a Service proxy take no body.
        """
        return self.request("POST", path, body)

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> tuple[int, bytes]:
        """Send `body`, if there is one, to `path` of any kind; return the status and the answer."""
        encoded = None if body is None else json.dumps(body).encode()
        answer = self._send(method, path, "application/json", encoded, content_type)
        return answer.status, bytes(answer.data)

    def get(self, path: str, accept: str = "application/json") -> Any:
        """Return the JSON that the API server has at `path`, None where it says 404."""
        answer = self._send("GET", path, accept)
        if answer.status == 404:
            return None
        return json.loads(_checked(answer))

    def apply(self, path: str, manifest: str) -> None:
        """Apply `manifest` (YAML) server-side at `path`, which names the field manager."""
        body = manifest.encode()
        _checked(self._send("PATCH", path, "application/json", body, APPLY_PATCH))

    def _send(
        self,
        method: str,
        path: str,
        accept: str,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Any:
        settings = self._client.configuration
        headers = {"Content-Type": content_type, "Accept": accept}
        for setting in settings.auth_settings().values():
            if setting["in"] == "header":
                headers[setting["key"]] = setting["value"]
        return self._client.rest_client.pool_manager.request(
            method, settings.host + path, body=body, headers=headers, timeout=_TIMEOUT[1],
            retries=False,
        )  # fmt: skip

    def get_or_none(self, call: Any, *arguments: Any, **options: Any) -> Any:
        """Return what `call` gives, None where the API server says 404."""
        from kubernetes.client import ApiException

        try:
            return call(*arguments, **options, **bounded())
        except ApiException as error:
            if error.status == 404:
                return None
            raise

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
            raise _api_error(step, error, self.context, may_force) from error
        except (HTTPError, OSError) as error:
            raise UnavailableError(
                f"{step}: cluster {self.context} does not answer ({type(error).__name__})",
                "check the cluster and your network: `kubectl version` must work",
            ) from error


def _checked(answer: Any) -> bytes:
    """Return what the API server answered, or raise the client's own error."""
    from kubernetes.client import ApiException

    if answer.status >= 400:
        error = ApiException(status=answer.status, reason=answer.reason)
        error.body = bytes(answer.data)
        raise error
    return bytes(answer.data)


def bounded() -> dict[str, Any]:
    """Return the options that bound every request in time."""
    return {"_request_timeout": _TIMEOUT}


def _api_error(step: str, error: Any, context: str, may_force: bool) -> BootstrapError:
    message = _status_message(error)
    match error.status:
        case 401:
            return BootstrapError(
                f"{step}: cluster {context} does not accept your credentials",
                "log in to the cluster again",
            )
        case 403:
            return BootstrapError(
                f"{step}: forbidden: {message}", "use a context whose user may do that"
            )
        case 409 if _is_of_fields(error):
            return BootstrapError(
                f"{step}: another manager owns the same fields: {message}",
                _FORCE if may_force else _AGAIN,
            )
        case 409:
            return BootstrapError(f"{step}: conflict: {message}", _AGAIN)
        case status:
            passing = status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR
            return (UnavailableError if passing else BootstrapError)(
                f"{step}: the API server answered {error.status}: {message}",
                "see whether the cluster is healthy, then run this again",
            )


def _is_of_fields(error: Any) -> bool:
    """Tell whether managers conflict, and not two versions of an object, or two of one name."""
    try:
        causes = json.loads(error.body)["details"]["causes"]
        return any(cause["reason"] == "FieldManagerConflict" for cause in causes)
    except (TypeError, ValueError, KeyError):
        return False


def _status_message(error: Any) -> str:
    try:
        text = json.loads(error.body)["message"]
    except (TypeError, ValueError, KeyError):
        text = str(error.reason or "")
    return " ".join(str(text).split())[:256]


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:256]
