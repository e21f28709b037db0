"""Looks for a marked secret wherever a run could have left it: as it is, escaped, as base64."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self


def needles_of(secret: str) -> dict[str, bytes]:
    """Return every form of `secret` that counts as a leak; base64 in its three alignments."""
    raw = secret.encode()
    found = {
        "plain": raw,
        "reversed": raw[::-1],
        "hex": raw.hex().encode(),
        "escaped": json.dumps(secret)[1:-1].encode(),
        "UTF-16": secret.encode("utf-16-le"),
    }
    for shift in range(3):
        first, last = -(-shift * 8 // 6), (shift + len(raw)) * 8 // 6
        encoded = base64.b64encode(bytes(shift) + raw)[first:last]
        found[f"base64+{shift}"] = encoded
        found[f"urlsafe+{shift}"] = encoded.translate(bytes.maketrans(b"+/", b"-_"))
    return found


@dataclass(frozen=True)
class Marks:
    """Secrets to look for."""

    secrets: Sequence[str]

    def leaks(self, places: Mapping[str, bytes]) -> list[str]:
        """Return "place: form" for each secret that is in one of `places`."""
        return [
            f"{place}: {form}"
            for place, content in places.items()
            for secret in self.secrets
            for form, needle in needles_of(secret).items()
            if needle in content
        ]

    def leaks_below(self, folders: Iterable[Path], *, but: Iterable[Path] = ()) -> list[str]:
        """Return what leaked into files (or their names) below `folders`, less the input."""
        left_out = {path.resolve() for path in but}
        places = {}
        for folder in folders:
            for file in folder.rglob("*"):
                places[f"name of {file.name!r}"] = str(file).encode()
                if file.is_file() and not file.is_symlink() and file.resolve() not in left_out:
                    places[str(file)] = file.read_bytes()
        return self.leaks(places)

    def leaks_in_git(self, root: Path) -> list[str]:
        """Return what leaked into any object of the repository, reachable or not."""
        done = subprocess.run(
            ["git", "-C", str(root), "cat-file", "--batch-all-objects", "--batch"],
            capture_output=True, check=True,
        )  # fmt: skip
        return self.leaks({"Git objects": done.stdout})


@dataclass
class Watch:
    """Reads command lines and environments of a process and its children, over and over."""

    pid: int
    seen: dict[str, bytes] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            for pid in _family(self.pid):
                for name in ("cmdline", "environ"):
                    try:
                        content = Path(f"/proc/{pid}/{name}").read_bytes()
                    except OSError:
                        continue
                    if content:
                        self.seen[f"{name} of {pid}: {content[:60]!r}"] = content
            self._stop.wait(0.002)


def _family(pid: int) -> list[int]:
    found, todo = [], [pid]
    while todo:
        current = todo.pop()
        found.append(current)
        for task in _entries(Path(f"/proc/{current}/task")):
            try:
                todo += map(int, (task / "children").read_text().split())
            except OSError:
                continue
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
