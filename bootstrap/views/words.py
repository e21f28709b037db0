"""Words that several views share: moments, changes, certificates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bootstrap.sealing.certificate import SealingCertificate


_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))

SHOWN = 16
"""How many digits of a fingerprint people are shown."""


def age(moment: datetime | None, now: datetime) -> str:
    """Return how long ago `moment` was, in the largest unit that fits; "-" if it is not known."""
    if moment is None:
        return "-"
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def days_left(moment: datetime | None, now: datetime) -> int | None:
    """Return the whole days until `moment`, below zero when it has passed."""
    return None if moment is None else (moment - now).days


def iso(moment: datetime | None) -> str | None:
    """Return a moment for scripts, in UTC as Kubernetes writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def describe_certificate(certificate: SealingCertificate) -> dict[str, str]:
    """Return what scripts are told of a certificate."""
    return {
        "sha256": certificate.fingerprint,
        "notAfter": certificate.not_after.isoformat().replace("+00:00", "Z"),
    }


def verb_of(action: str, dry_run: bool) -> str:
    """Return how a change is told, or in a dry run what it would be."""
    return f"would be {action}:" if dry_run and action != "unchanged" else f"{action}:"
