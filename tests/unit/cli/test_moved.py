"""Spellings of before 0.1.0: exit code 2, and the command that does it now."""

from __future__ import annotations

import pytest

from tests.unit.plaintext.test_input import MARK
from tests.unit.work_tree import WorkTree

_WEBHOOK = "`bootstrap webhook set --provider PROVIDER`, or `webhook test`"


@pytest.mark.parametrize(
    ("words", "gone", "now"),
    [
        ("seal --check prod", "seal --check", "`bootstrap secrets check ENV`"),
        ("seal --env prod --check=prod", "seal --check", "`bootstrap secrets check ENV`"),
        (f"seal --key {MARK}", "seal --key", "`bootstrap secrets set KEY`"),
        ("seal --remove a --remove b", "seal --remove", "`bootstrap secrets remove KEY`"),
        ("webhook --provider github", "webhook --provider", _WEBHOOK),
        ("cluster list", "cluster list", "`bootstrap clusters`"),
        ("webhook --test --provider github", "webhook --test", _WEBHOOK),
    ],
)
def test_an_old_spelling_names_the_new_command(words: str, gone: str, now: str, prod: WorkTree):
    before = prod.snapshot()
    ended = prod.run(*words.split())
    assert (ended.code, ended.out, ended.lines) == (
        2, "", [f"error: there is no `bootstrap {gone}`", f"  fix: {now}"],
    )  # fmt: skip
    assert prod.snapshot() == before


@pytest.mark.parametrize(
    "words", ["webhook set --provider github --help", "secrets check --help", "seal --help"]
)
def test_what_is_spelled_as_now_is_not_taken_for_it(words: str, tree: WorkTree):
    assert tree.run(*words.split()).code == 0
