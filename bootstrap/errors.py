"""The errors a user can meet, each with what is wrong and what to do about it."""

from __future__ import annotations

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_BUG = 3
EXIT_INTERRUPTED = 130


class BootstrapError(Exception):
    """An expected failure.

    `message` is one line naming the file or field at fault, `hint` one line saying what to do.
    Neither may ever hold a secret value: both are printed.
    """

    exit_code = EXIT_FAILURE

    def __init__(self, message: str, hint: str) -> None:
        """Keep both lines; `str()` gives the message alone."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UnavailableError(BootstrapError):
    """A server does not answer, or not now: the same question may be answered later."""


class UsageError(BootstrapError):
    """The command line itself is wrong: exit code 2."""

    exit_code = EXIT_USAGE


def working_directory_gone() -> BootstrapError:
    """Return the error for a working directory that was removed under the running shell."""
    return BootstrapError("the working directory is gone", "cd to your clone")
