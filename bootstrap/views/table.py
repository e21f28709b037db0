"""Tables for people, on stdout: a row a line, columns as wide as their longest cell."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.terminal.output import print_data


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Write `rows`, the first of which are the headings."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print_data("  ".join(cells).rstrip())
