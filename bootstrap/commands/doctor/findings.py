"""What `bootstrap doctor` says: what is, why it matters, and the command that mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from bootstrap.errors import BootstrapError


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


def guarded(
    check: str,
    look: Callable[[], Iterable[Finding]],
    severity: Severity = Severity.ERROR,
    why: str = "",
) -> list[Finding]:
    """Return what `look` finds, and what stopped it as a finding of `severity`."""
    findings: list[Finding] = []
    try:
        findings.extend(look())
    except BootstrapError as error:
        findings.append(Finding(check, severity, error.message, why, error.hint))
    return findings
