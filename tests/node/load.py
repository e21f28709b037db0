"""Requests at a constant rate to a Service, each on a new connection, none sent twice."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.node.node import Node
from tests.plane.waiting import wait_for

RATE = 40  # requests a second
SLOW = 10  # every how manieth request takes a second of work


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request: when it began (`time.monotonic`), seconds it took, who answered, what failed."""

    at: float
    took: float
    version: str
    config: str
    pod: str
    error: str


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time with its requests."""

    seconds: float
    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> list[Outcome]:
        """The requests without a good answer."""
        return [outcome for outcome in self.outcomes if outcome.error]

    def lost(self) -> str:
        """Say what failed when, and between which times each pod took requests."""
        start = min((o.at for o in self.outcomes), default=0.0)
        lines = [f"{o.at - start:.3f} s, for {o.took:.3f} s: {o.error}" for o in self.failures]
        for pod in sorted({o.pod for o in self.outcomes if o.pod}):
            times = [o.at - start for o in self.outcomes if o.pod == pod]
            lines.append(f"{min(times):.3f} s to {max(times):.3f} s: {pod}, {len(times)} requests")
        return "\n".join(lines)

    def __str__(self) -> str:
        """Say how many were sent and failed, and which versions answered."""
        versions = sorted({outcome.version for outcome in self.outcomes if outcome.version})
        return (
            f"{len(self.failures)}/{len(self.outcomes)} failed in {self.seconds:.0f} s, "
            f"answered by {', '.join(versions) or 'nobody'}"
        )


class Load:
    """The client; `url` is reached in the node's network namespace."""

    def __init__(self, node: Node, url: str, *, rate: int = RATE, slow: int = SLOW) -> None:
        """Describe it; `rate` a second, every `slow`-th request takes a second of work."""
        arguments = [f"-url={url}", f"-rate={rate}", f"-slow={slow}"]
        self._command: list[str | Path] = [*node.network.enter, node.stand_in, "load", *arguments]
        self._outcomes: list[Outcome] = []
        self._began = 0.0
        self._child: subprocess.Popen[bytes] | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        """Start sending."""
        self._began = time.monotonic()
        self._child = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End, as `end` does."""
        self.end()

    def end(self) -> None:
        """Send nothing more and wait for what is under way (at most 10 s each)."""
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()
            self._child.wait(30)
            self._reader.join()

    def more(self, number: int) -> None:
        """Wait until `number` requests that began after this call have been answered or failed."""
        now = time.monotonic()

        def enough() -> bool:
            return sum(outcome.at > now for outcome in list(self._outcomes)) >= number

        wait_for(enough, f"{number} more requests")

    def window(self, start: float, end: float) -> Window:
        """Return the requests that began between two times; complete only after the end."""
        chosen = (o for o in self._outcomes if start <= o.at < end)
        return Window(end - start, tuple(sorted(chosen, key=lambda outcome: outcome.at)))

    def _read(self) -> None:
        assert self._child is not None
        assert self._child.stdout is not None
        for line in self._child.stdout:
            found = json.loads(line)
            self._outcomes.append(
                Outcome(
                    self._began + found["at"],
                    found["took"],
                    found.get("version", ""),
                    found.get("config", ""),
                    found.get("pod", ""),
                    found.get("error", ""),
                )
            )
