"""What is read or written without the parser is exactly what the parser would make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bootstrap.yaml.documents import _dump
from bootstrap.yaml.plain import read_lines, read_plain, unquote, write_plain

GOLDEN = Path(__file__).parent.parent / "golden"
WORD = st.text("abyno01:.-/+= '\"#{}~_\n", max_size=8)
KEY = st.text("abyno0./-_", min_size=1, max_size=6)
TREE = st.recursive(
    WORD
    | st.sampled_from(["true", "no", "0123", "12:30", "1e3", "AgBy+/=", "a b", "a b: c d", ""])
    | st.booleans()
    | st.integers(),
    lambda below: st.dictionaries(KEY, below, max_size=3) | st.lists(below, max_size=3),
    max_leaves=8,
)
LINE = st.text("ab:- '\"#{}~0/.,[&*!|>?\t\n", max_size=40)


def parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


# its '*' has to be quoted; it is read once, by `up --install`
OFTEN_READ = sorted(set(GOLDEN.glob("*.yaml")) - {GOLDEN / "platform-project.yaml"})


@pytest.mark.parametrize("file", OFTEN_READ, ids=lambda file: file.name)
def test_files_of_ours_need_no_parser(file: Path):
    text = file.read_text()
    assert read_plain(text) == parsed(text) != {}


@given(st.dictionaries(KEY, TREE, min_size=1, max_size=4))
def test_what_is_written_is_what_the_real_writer_writes_and_is_read_back(tree: dict[str, Any]):
    text = _dump(tree)
    assert write_plain(tree) in {None, text}
    assert read_plain(text) in (None, tree)


def test_a_list_of_mappings_needs_no_real_writer():
    tree = {"a": {"b": ["x", {"c": "d", "e": {"f": ["g"]}, "h": 1}, ""]}, "i": "b c: d"}
    assert write_plain(tree) == _dump(tree)


@given(LINE | st.lists(LINE).map("\n".join) | st.tuples(KEY, LINE).map(": ".join))
def test_any_text_is_read_as_the_parser_reads_it_or_left_to_it(text: str):
    found = read_plain(text)
    assert found is None or found == parsed(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: 0123\n", "a: no\n", "a: 12:30\n", "a: 1e3\n", "a: 2026-01-01\n", "a: ~\n", "a:\n",
        "a: b: c\n", "a: |\n  b\n", "a: &x b\n", "a: *x\n", "a: !t b\n", "a: [b]\n", "a: {b: c}\n",
        "a: 'it''s'\n", 'a: "\\n"\n', "a: b c\n", "a: b\na: c\n", "a:\n- b\n", "- a\n", "a\n",
        "---\na: b\n", "%YAML 1.1\n", "a: b\n c\n", "a:\n    b: c\n  d: e\n", "a: ü\n", "\ta: b\n",
        "? a\n", "<<: a\n", "", "# only a comment\n", "a: b\r\n", "a: 'b\n  c'\n", "a:b\n",
    ],
)  # fmt: skip
def test_what_needs_the_parser_is_left_to_it(text: str):
    assert read_plain(text) is None


def test_lines_keep_their_number_and_what_was_written():
    lines = read_lines("# c\n\nsecrets:\n  a: 0123  # d\n  b: 'x # y'\n")
    assert lines is not None
    assert [(item.number, item.indent, item.key, item.value) for item in lines] == [
        (3, 0, "secrets", None),
        (4, 2, "a", "0123"),
        (5, 2, "b", "'x # y'"),
    ]
    assert unquote("'x # y'") == "x # y"
