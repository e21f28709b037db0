"""What `bootstrap doctor` says: what is, why it matters, and the command that mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is, the worst last."""

    OK = "ok"
    INFO = "info"
    """Good to know; nothing needs to be done."""
    WARNING = "warning"
    """Will be in somebody's way, sooner or later."""
    ERROR = "error"
    """Does not work, or leaks."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `check` groups findings and is stable for scripts."""

    check: str
    severity: Severity
    what: str
    why: str = ""
    mend: str = ""


def count(findings: Iterable[Finding], severity: Severity) -> int:
    """Return how many of `findings` are just as bad as `severity`."""
    return sum(item.severity is severity for item in findings)
