"""What a use case is handed: somebody to tell how it goes, and time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


class Reporter(Protocol):
    """Takes status lines; never a secret value."""

    def step(self, message: str) -> None:
        """Say what is happening now."""

    def warn(self, message: str) -> None:
        """Say what a person should know though the command goes on."""

    def progress(self, what: str, state: str, *, is_new: bool) -> None:
        """Say how far `what` is, again and again while it is waited for.

        A terminal shows the last state; a log takes only what `is_new`.
        """


class Clock(Protocol):
    """Time, so that a test need not wait."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at what is waited for."""

    elapsed: float
    """Seconds since the first."""
    is_last: bool
    """Whether the time is up, should this look find nothing either."""


def looks(clock: Clock, seconds: float, *, pause: float) -> Iterator[Look]:
    """Yield a look at least once, then after each pause, until `seconds` have passed.

    The loop that has not ended by its last look says what it waited for.
    """
    start = clock.monotonic()
    while True:
        elapsed = clock.monotonic() - start
        look = Look(elapsed, is_last=elapsed > seconds)
        yield look
        if look.is_last:
            return
        clock.sleep(pause)
