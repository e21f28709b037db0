"""What a use case is handed: somebody to tell how it goes, and time."""

from __future__ import annotations

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
