"""Values of many environments in one chart: each below a key of its own, meaning the same there.

A chart's values and a subchart's are merged alike but for null, which takes a default away. So a
file that could hold one, or that would mean something else when it is indented, is not nested.
"""

from __future__ import annotations

import re

_NULL_WORD = re.compile(r"(?<![\w.-])(?:null|Null|NULL|~)(?![\w.-])")
_SPECIAL = re.compile(r"^(?:---|\.\.\.|%|\t)|^\s*\?(?:\s|$)|(?:^|[:\-]\s|^\s*)[&*!](?!=)", re.M)
_FLOW_MAP = re.compile(r"\{(?!\})")
_FLOW_LIST = re.compile(r"\[[\w\s\"'./@,-]*\]")
_LINE_ENDS = re.compile("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ufeff\x00]")


def nest(text: str, key: str) -> str | None:
    """Return the values file `text` as the value of `key`, None if that might not be the same."""
    if _LINE_ENDS.search(text) or _SPECIAL.search(text):
        return None
    lines = [line for line in map(_without_comment, text.split("\n")) if line.strip()]
    if not lines:
        return f"{key}: {{}}\n"
    if any(map(_may_hold_null, lines)) or _has_empty_value(lines):
        return None
    return f"{key}:\n" + "".join(f"  {line}\n" if line else "\n" for line in text.split("\n"))


def _without_comment(line: str) -> str:
    start = re.search(r"(?:^|\s)#", line)
    if start is None or '"' in line[: start.start()] or "'" in line[: start.start()]:
        return line.rstrip()
    return line[: start.start()].rstrip()


def _may_hold_null(line: str) -> bool:
    if _NULL_WORD.search(line) or _FLOW_MAP.search(line):
        return True
    return "[" in _FLOW_LIST.sub("", line)


def _has_empty_value(lines: list[str]) -> bool:
    """Tell whether a key or an item may have nothing behind it, which is null."""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        bare = line.rstrip()
        if bare.endswith("-") and bare.strip(" -") == "":
            return True
        if not bare.endswith(":"):
            continue
        indent, next_indent = _indent(line), _indent(following)
        is_list = following.lstrip().startswith("- ")
        if not following or next_indent < indent or (next_indent == indent and not is_list):
            return True
        if line.lstrip().startswith("- ") and next_indent <= indent + 2:
            return True  # the key stands behind a dash: what follows may be its sibling
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
