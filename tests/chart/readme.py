"""Write the table of values in the chart's README from the comments of values.yaml.

    python -m tests.chart.readme

A comment right above a key describes it. A mapping whose keys have comments is not a row of its
own, unless it has one too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from tests.chart.render import CHART

START = "<!-- values: written by `python -m tests.chart.readme` -->\n"
END = "<!-- end of values -->\n"


@dataclass(frozen=True, slots=True)
class Row:
    """A value: its dotted key, default and description (empty where there is no comment)."""

    key: str
    default: Any
    description: str
    has_rows: bool = False


def rows(text: str) -> list[Row]:
    """Return the values of a values.yaml, in its order."""
    return list(_rows(YAML().load(text), text.splitlines(), ""))


def _rows(mapping: CommentedMap, lines: list[str], prefix: str) -> Iterator[Row]:
    for key, value in mapping.items():
        description = _comment_above(lines, mapping.lc.key(key)[0])
        inner = list(_rows(value, lines, f"{prefix}{key}.")) if _has_keys(value) else []
        described = [row for row in inner if row.description]
        if description or not described:
            yield Row(f"{prefix}{key}", value, description, bool(described))
        if described:
            yield from inner


def _has_keys(value: object) -> bool:
    return isinstance(value, CommentedMap) and bool(value)


def _comment_above(lines: list[str], index: int) -> str:
    found: list[str] = []
    while index and (match := re.fullmatch(r" *# ?(.*)", lines[index - 1])):
        found.insert(0, match[1])
        index -= 1
    return " ".join(found)


def table(text: str) -> str:
    """Return the Markdown table of a values.yaml."""
    lines = ["| Value | Default | What it does |", "| --- | --- | --- |"]
    for row in rows(text):
        default = "" if row.has_rows else f"`{json.dumps(row.default)}`"
        cells = [f"`{row.key}`", default, row.description]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def updated(readme: str, values: str) -> str:
    """Return the README with the table of these values between its two marks."""
    before, _, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"README.md needs the lines {START!r} and {END!r}")
    return f"{before}{START}\n{table(values)}\n{END}{after}"


def main(chart: Path = CHART) -> None:
    """Update README.md of the chart."""
    readme = chart / "README.md"
    readme.write_text(updated(readme.read_text(), (chart / "values.yaml").read_text()))


if __name__ == "__main__":
    main()
