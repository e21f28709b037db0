"""Whether a person wants to see where an error came from."""

from __future__ import annotations

from contextvars import ContextVar

debugging: ContextVar[bool] = ContextVar("debugging", default=False)
"""What `--debug` sets, for the entry to look at when a command has failed."""
