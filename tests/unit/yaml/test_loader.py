"""YAML is read as Kubernetes reads it, and what would end the C parser never gets to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bootstrap.yaml import loader
from bootstrap.yaml.loader import compose_all, load, load_all

GOLDEN = Path(__file__).parent.parent / "golden"
# without "!", which alone is text to the one parser and null to the other
LINE = st.text("ab:- '\"#{}~0/.,[&*|>?\t\n", max_size=40)


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.yaml")), ids=lambda file: file.name)
def test_files_of_ours_mean_the_same_to_any_reader(file: Path):
    text = file.read_text()
    assert load(text) == YAML(typ="safe", pure=True).load(text) == yaml.safe_load(text) != {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: &x {b: 1}, c: *x}", {"a": {"b": 1}, "c": {"b": 1}}),
        ("{<<: {a: 1, b: 2}, b: 3}", {"a": 1, "b": 3}),
        ("{b: 3, <<: {a: 1, b: 2}}", {"a": 1, "b": 2}),
        ("<<: [{a: 1}, {a: 2, b: 2}]", {"a": 1, "b": 2}),
        ("'<<': {a: 1}", {"<<": {"a": 1}}),
        ("{on: 1, 0x10: 2, 1.5: 3, 12:30: 4}", {"true": 1, "16": 2, "1.5": 3, "12:30": 4}),
        ("{a: !!str 1, b: !!float 1, c: !!int '1', d: ! no}",
         {"a": "1", "b": 1.0, "c": 1, "d": False}),
        ("a: |\n  b\n\n", {"a": "b\n"}),
        ("", None), ("# nothing", None), ("---\n", None), ("[a]", ["a"]), ("text", "text"),
    ],
)  # fmt: skip
def test_each_form_is_what_kubernetes_makes_of_it(text: str, value: object):
    assert load(text) == value


def test_every_document_is_read():
    assert load_all("a: 1\n---\n---\nb: 2\n") == [{"a": 1}, None, {"b": 2}]
    assert load_all("") == []
    assert [node.id for node in compose_all("a: 1\n---\n[b]\n---\nc\n")] == [
        "mapping", "sequence", "scalar",
    ]  # fmt: skip


def test_what_has_an_anchor_is_made_once():
    text = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
    )
    found = load(text)
    assert found["a29"][0] is found["a29"][8] is found["a28"]


DEEP = {
    "brackets": lambda depth: "[" * depth + "]" * depth,
    "braces": lambda depth: "{a: " * depth + "}" * depth,
    "dashes": lambda depth: "- " * depth + "x",
    "questions": lambda depth: "? " * depth + "x",
    "columns": lambda depth: "".join(f"{' ' * n}a:\n" for n in range(depth)),
    "columns of other lines": lambda depth: "\u2028".join(f"{' ' * n}a:" for n in range(depth)),
}


@pytest.mark.parametrize("form", DEEP)
@pytest.mark.parametrize("read", [load, load_all, compose_all])
def test_what_nests_too_deeply_is_refused_before_it_is_composed(form: str, read: Any):
    if form != "questions" or read is compose_all:  # a key that is a mapping is refused
        assert read(DEEP[form](190)), "no file of anybody's is that deep"
    for depth in (201, 1000, 3000):
        with pytest.raises(RecursionError):
            read(DEEP[form](depth))


def test_a_list_at_its_keys_own_column_counts_as_a_level():
    text = "".join(f"{' ' * n}- a:\n" for n in range(0, 200, 2))
    assert load(text)
    with pytest.raises(RecursionError):
        load(f"{text}{' ' * 200}- a\n")


def test_many_short_collections_are_not_deep():
    assert len(load("- [{a: [b]}]\n" * 500)) == 500
    assert load(f"# {'-' * 300}\na: b\n") == {"a": "b"}


@given(LINE | st.lists(LINE).map("\n".join) | st.tuples(st.just("a"), LINE).map(": ".join))
def test_text_that_python_reads_too_is_read_alike_without_the_c_parser(text: str):
    with_c, in_python = _outcome(text), _outcome_in_python(text)
    assert with_c == in_python or "refused" in (with_c, in_python)


def _outcome(text: str) -> object:
    try:
        return load(text)
    except Exception:
        return "refused"


def _outcome_in_python(text: str) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(yaml, "CSafeLoader", raising=False)
        made = loader._loader_class.__wrapped__()
        patch.setattr(loader, "_loader_class", lambda: made)
        return _outcome(text)
