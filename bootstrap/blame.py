"""Which file of an environment a failure comes from; no I/O."""

from __future__ import annotations

import re
from dataclasses import replace

from bootstrap.environment import Environment
from bootstrap.health import Verdict

ANY_FILE = "the environment's values.yaml, agentsmith.yml or sealed-secret.yaml"
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


def name_file(verdict: Verdict, environment: Environment) -> Verdict:
    """Return `verdict` with a hint that names the file to mend by its path, where there is one."""
    file = file_at_fault(verdict.message, environment)
    if not verdict.hint or file is None or file in verdict.hint:
        return verdict
    plain = file.rpartition("/")[2]
    for words in (ANY_FILE, plain):
        if words in verdict.hint:
            return replace(verdict, hint=verdict.hint.replace(words, file, 1))
    return replace(verdict, hint=f"{verdict.hint} ({file})")
