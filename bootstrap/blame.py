"""Which file of an environment a failure comes from; no I/O."""

from __future__ import annotations

import re

from bootstrap.environment import Environment

_FILES = (
    (r"SealedSecret |sealedSecret\.|no key could decrypt", "sealed-secret.yaml"),
    (r"config\.content|agentsmith\.yml", "agentsmith.yml"),
    (
        r"helm template|values don't meet|execution error|ErrImage|ImagePull|InvalidImageName"
        r"|OOMKilled|exceeded quota|no node takes it",
        "values.yaml",
    ),
)


def file_at_fault(message: str, environment: Environment) -> str | None:
    """Return the file (relative to the root) to mend, None where the message points to none."""
    named = re.search(rf"{re.escape(environment.folder)}/([\w.-]*\w)", message)
    if named:
        return environment.path(named[1])
    for pattern, file in _FILES:
        if re.search(pattern, message):
            return environment.path(file)
    return None
