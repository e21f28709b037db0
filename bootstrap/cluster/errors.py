"""What the API server refuses, as an error of ours: the step, its own words, and what to do."""

from __future__ import annotations

import json
from typing import Any

from bootstrap.errors import BootstrapError, UnavailableError

_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500
_AGAIN = "run this again"
_FORCE = "take that manager's change back, or run this with --force-conflicts"


def api_error(step: str, error: Any, context: str, may_force: bool) -> BootstrapError:
    """Return the client's ApiException `error` as ours; what may pass is an UnavailableError.

    `may_force` says that the command has --force-conflicts, and that it was not given.
    """
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
