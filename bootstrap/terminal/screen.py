"""What a terminal can do that a pipe or a log can't: colours, and drawing over what was drawn."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TextIO

_SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")


class Style(StrEnum):
    """How text may look, as the parameters of an ANSI sequence."""

    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    CYAN = "36"


def is_terminal(stream: TextIO) -> bool:
    """Tell whether `stream` shows on a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}


def can_redraw(stream: TextIO) -> bool:
    """Tell whether lines on `stream` may be drawn over: not where they are kept, as in CI."""
    return is_terminal(stream) and not os.environ.get("CI")


def use_color(stream: TextIO) -> bool:
    """Tell whether what goes to `stream` may be coloured: https://no-color.org."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def paint(text: str, style: Style, on: bool) -> str:
    """Return `text` in `style`, or as it is where colours are not `on`."""
    return f"\x1b[{style.value}m{text}\x1b[0m" if on and text else text


def printable(text: str) -> str:
    """Return `text` on one line, and unable to steer the terminal: it may be a stranger's."""
    return "".join(
        char if char.isprintable() else f"\\x{ord(char):02x}" for char in " ".join(text.split("\n"))
    )


def width_of(text: str) -> int:
    """Return how many columns `text` takes; colours take none."""
    return sum(map(_columns, _SEQUENCE.sub("", text)))


def cut(text: str, width: int) -> str:
    """Return as much of `text` as fits into `width` columns, with its colour ended."""
    if width_of(text) <= width:
        return text
    kept, left, position = [], width - 1, 0
    while position < len(text):
        sequence = _SEQUENCE.match(text, position)
        piece = sequence[0] if sequence else text[position]
        if not sequence:
            left -= _columns(piece)
            if left < 0:
                break
        kept.append(piece)
        position += len(piece)
    return "".join(kept) + "…" + ("\x1b[0m" if _SEQUENCE.search("".join(kept)) else "")


def align(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a line for each row, with its cells below each other."""
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = zip(row, widths, strict=True)
        yield "  ".join(cell + " " * (width - width_of(cell)) for cell, width in padded).rstrip()


class LiveLines:
    """Lines at the end of a terminal, each `draw` over those of the one before."""

    def __init__(self) -> None:
        """Have drawn nothing yet."""
        self._height = 0

    def draw(self, stream: TextIO, lines: Sequence[str]) -> None:
        """Show `lines` in place of those shown before, as far as they fit on the screen.

        `stream` must be a terminal, and nothing else be written to it in between.
        """
        columns, rows = _size_of(stream)
        shown = [cut(line, columns - 1) for line in lines]
        if len(shown) >= rows:  # what has scrolled off can't be drawn over
            shown = [*shown[: rows - 2], cut(f"… and {len(lines) - rows + 2} more", columns - 1)]
        up = f"\x1b[{self._height}F" if self._height else ""
        # line by line, so that nothing flickers
        stream.write(up + "".join(f"{line}\x1b[K\n" for line in shown) + "\x1b[J")
        stream.flush()
        self._height = len(shown)


def _size_of(stream: TextIO) -> tuple[int, int]:
    with contextlib.suppress(OSError, ValueError):
        size = os.get_terminal_size(stream.fileno())
        if size.columns and size.lines:
            return size
    return shutil.get_terminal_size()


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
