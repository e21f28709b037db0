"""How the findings of `bootstrap doctor` look."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bootstrap.commands.doctor.findings import Finding, Severity, count
from bootstrap.terminal.output import TerminalReporter, print_data, print_json
from bootstrap.terminal.screen import Style, paint, printable, use_color

_STYLES = {
    Severity.OK: Style.GREEN,
    Severity.INFO: Style.CYAN,
    Severity.WARNING: Style.YELLOW,
    Severity.ERROR: Style.RED,
}
_WIDTH = max(len(item) for item in Severity)


def show_doctor(findings: Sequence[Finding], *, strict: bool, as_json: bool) -> bool:
    """Show every finding; return whether none is an error, with `strict` nor a warning."""
    errors, warnings = count(findings, Severity.ERROR), count(findings, Severity.WARNING)
    if as_json:
        print_json(
            {
                "findings": [
                    {
                        "check": item.check, "severity": item.severity.value, "what": item.what,
                        "why": item.why or None, "mend": item.mend or None,
                    }
                    for item in findings
                ],
                "errors": errors,
                "warnings": warnings,
            }
        )  # fmt: skip
    else:
        color = use_color(sys.stdout)
        for item in findings:
            _show(item, color)
    TerminalReporter().step(f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}")
    return not errors and not (strict and warnings)


def _show(item: Finding, color: bool) -> None:
    mark = paint(item.severity.value.ljust(_WIDTH), _STYLES[item.severity], color)
    print_data(f"{mark}  {item.check}: {printable(item.what)}")
    for title, text in (("why", item.why), ("fix", item.mend)):
        if text:
            print_data(f"{' ' * _WIDTH}    {title}: {printable(text)}")


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
