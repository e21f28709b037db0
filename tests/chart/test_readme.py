"""The README of the chart lists every value as it is."""

from __future__ import annotations

import pytest

from tests.chart.readme import END, START, Row, rows, updated
from tests.chart.render import CHART

README = (CHART / "README.md").read_text()
VALUES = (CHART / "values.yaml").read_text()


def test_the_readme_is_up_to_date() -> None:
    assert updated(README, VALUES) == README, "run `python -m tests.chart.readme`"


def test_every_value_is_described() -> None:
    listed = rows(VALUES)
    assert [row.key for row in listed if not row.description] == []
    assert len(listed) > 110


def test_rows_follow_the_comments() -> None:
    text = "# Head.\n\n# One,\n# more.\na: 1\nb:\n  # Two.\n  c: {}\n# Three.\nd:\n  e: [f]\ng: x\n"
    assert rows(text) == [
        Row("a", 1, "One, more."),
        Row("b.c", {}, "Two."),
        Row("d", {"e": ["f"]}, "Three."),
        Row("g", "x", ""),
    ]


def test_a_described_mapping_with_described_keys_has_both_rows() -> None:
    assert rows("# One.\na:\n  # Two.\n  b: 1\n") == [
        Row("a", {"b": 1}, "One.", has_rows=True),
        Row("a.b", 1, "Two."),
    ]


def test_a_readme_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        updated("# Title\n", VALUES)


def test_text_around_the_table_is_kept() -> None:
    assert updated(f"a\n{START}old\n{END}b\n", "# D|E.\na: 1\n") == (
        f"a\n{START}\n| Value | Default | What it does |\n| --- | --- | --- |\n"
        f"| `a` | `1` | D\\|E. |\n\n{END}b\n"
    )
