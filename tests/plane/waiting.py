"""Waiting for a condition with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from tests.plane.errors import PlaneError
from tests.plane.process import Process

T = TypeVar("T")


def wait_for(
    condition: Callable[[], T],
    what: str,
    *,
    timeout: float = 60,
    interval: float = 0.1,
    alive: Iterable[Process] = (),
) -> T:
    """Return the first true value of `condition`, asked every `interval` seconds.

    An exception from `condition` counts as "not yet". Raises PlaneError after `timeout` seconds,
    with the last exception or value, or as soon as a process in `alive` has ended.
    """
    deadline = time.monotonic() + timeout
    while True:
        last: object
        try:
            value = condition()
            if value:
                return value
            last = value
        except Exception as error:  # what is not up yet fails in many ways
            last = error
        for process in alive:
            if not process.running:
                raise PlaneError(f"{process.name} ended while waiting for {what}\n{process.tail()}")
        if time.monotonic() > deadline:
            tails = "".join(f"\n{process.tail()}" for process in alive)
            raise PlaneError(f"waited {timeout:.0f} s for {what}; last: {last!r}{tails}")
        time.sleep(interval)
