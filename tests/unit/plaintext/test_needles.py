"""What is found does not depend on how many texts are looked for, nor on where they stand."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.plaintext import needles as module
from bootstrap.plaintext.local_secrets import LocalValue
from bootstrap.plaintext.metadata import Entry, MetadataSearch
from bootstrap.plaintext.needles import FEW, Needles
from bootstrap.plaintext.scan import Scanner

# few letters, so that texts overlap, repeat and hold one another
TEXT = st.text("ab-", min_size=1, max_size=30).map(str.encode)


@given(st.lists(TEXT, max_size=12), st.text("ab-", max_size=200).map(str.encode))
def test_an_index_finds_what_a_search_one_by_one_does(texts: list[bytes], content: bytes):
    wanted = [text for text in dict.fromkeys(texts) if text in content]
    for few in (0, 99):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "FEW", few)
            assert Needles(texts).within(content) == wanted


@pytest.mark.parametrize("at", [0, 1, 93, 99, 100, 101, 107, 300])
def test_a_text_is_found_where_the_search_is_cut(monkeypatch: pytest.MonkeyPatch, at: int):
    monkeypatch.setattr(module, "_CHUNK", 100)
    monkeypatch.setattr(module, "FEW", 0)
    text = b"a-token-of-somebody"
    assert Needles([text, b"another-token"]).within(b"." * at + text) == [text]


def many_values() -> list[LocalValue]:
    """More than are looked for one by one, most of them alike in their first letters."""
    chance = random.Random(7)
    long = [f"token-{chance.getrandbits(96):x}" for _ in range(FEW)]
    short = [f"p{number:04}" for number in range(FEW + 1)]
    return [LocalValue(f"key-{text} of f", text.encode()) for text in (*long, *short)]


def test_among_thousands_each_is_found_as_if_it_were_alone():
    values = many_values()
    together = Scanner(values)
    for item in (values[0], values[FEW - 1], values[FEW], values[-1]):
        content = b"first: line\nkey: '" + item.value + b"'\n"
        alone = list(Scanner([item]).find_values("p", content))
        assert list(together.find_values("p", content)) == alone != []
        assert together.first_within(content) == item
        hidden = MetadataSearch(values).find(Entry("annotation", "note", item.value.hex()))
        is_searched = len(item.value) >= 6
        assert (hidden is not None and hidden.is_known) is is_searched


def test_of_two_values_in_a_label_the_first_is_named():
    values = [LocalValue("one", b"first-value-1"), LocalValue("two", b"second-value-2")]
    entry = Entry("label", "x", "second-value-2 and first-value-1")
    found = MetadataSearch(values).find(entry)
    assert found is not None
    assert found.what == "holds the value of one"
