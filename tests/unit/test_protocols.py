"""The one loop of what is waited for: at least one look, and a last one that says so."""

from __future__ import annotations

import pytest

from bootstrap.protocols import looks


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1.0, [(0.0, False), (0.5, False), (1.0, False), (1.5, True)]),
        (0.0, [(0.0, False), (0.5, True)]),
        (-1.0, [(0.0, True)]),
    ],
)
def test_looks_go_on_until_the_time_is_up_and_the_last_one_knows(
    seconds: float, expected: list[tuple[float, bool]]
):
    clock = FakeClock()

    found = [(look.elapsed, look.is_last) for look in looks(clock, seconds, pause=0.5)]

    assert found == expected
    assert clock.slept == [0.5] * (len(expected) - 1)


def test_who_has_found_it_waits_no_longer():
    clock = FakeClock()

    for _look in looks(clock, 60.0, pause=0.5):
        break

    assert clock.slept == []
