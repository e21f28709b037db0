"""What a terminal can do that a pipe or a log can't: colours, and drawing over what was drawn."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TextIO


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


def use_color(stream: TextIO) -> bool:
    """Tell whether what goes to `stream` may be coloured: https://no-color.org."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def paint(text: str, style: Style, on: bool) -> str:
    """Return `text` in `style`, or as it is where colours are not `on`."""
    return f"\x1b[{style.value}m{text}\x1b[0m" if on and text else text
