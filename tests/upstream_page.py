"""Write docs/upstream.md from the table in bootstrap/upstream.py.

python -m tests.upstream_page
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bootstrap.upstream import FACTS, MOVES, Fact, Move

PAGE = Path(__file__).parents[1] / "docs" / "upstream.md"
_HEAD = """\
# Addresses and versions of others

Made from `bootstrap/upstream.py` by `python -m tests.upstream_page`. A fact of the outside stands
there and nowhere else; the day says when it was last looked up.
"""


def page(facts: Iterable[Fact] = FACTS, moves: Iterable[Move] = MOVES) -> str:
    """Return the whole page."""
    known = [(item.what, f"`{item.value}`", item.checked, item.where) for item in facts]
    moved = [
        (f"`{item.old}`", item.since, f"`{item.new.value}`", item.checked, item.where)
        for item in moves
    ]
    return "\n".join([
        _HEAD,
        *_table(("what", "value", "checked", "where"), known),
        "",
        "## Addresses that answer no more",
        "`bootstrap doctor` finds them in `argocd/`, `bootstrap up --install` offers the change.",
        "",
        *_table(("address", "since", "in its place", "checked", "where"), moved),
        "",
    ])  # fmt: skip


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_row(head), "|" + "---|" * len(head), *(_row(row) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page())
