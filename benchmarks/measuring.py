"""What the benchmarks share: contenders that take turns, and how a time is written."""

from __future__ import annotations

import time
from collections.abc import Callable


def best_of(
    rounds: int, *contenders: Callable[[], object], before: Callable[[], None] = lambda: None
) -> list[float]:
    """Return the shortest time of each contender in seconds; they take turns in every round."""
    best = [float("inf")] * len(contenders)
    for _ in range(rounds):
        for number, contender in enumerate(contenders):
            before()
            began = time.perf_counter()
            contender()
            best[number] = min(best[number], time.perf_counter() - began)
    return best


def ms(seconds: float) -> str:
    """Return `seconds` in milliseconds, for people."""
    return f"{seconds * 1000:.0f} ms"
