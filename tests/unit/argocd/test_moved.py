"""Dead addresses: found wherever they are a value, replaced with every other byte kept."""

from __future__ import annotations

import pytest

from bootstrap.argocd.moved import find_moved, replace_moved
from bootstrap.errors import BootstrapError
from bootstrap.upstream import MOVES

OLD, NEW = MOVES[0].old, MOVES[0].new.value
FILE = f"""\
# Ours since {OLD} was alive.
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:   # the pin
    repoURL:   "{OLD}"   # why
    targetRevision: '2.18.6'
    chart: sealed-secrets
    helm:
      values: |
        # {OLD} in a text
"""
PROJECT = f"""\
spec:
  sourceRepos: [ {OLD}/ , 'https://git.example.com/a.git']
---
other: &it {OLD}
again: *it
"""


def test_an_address_is_replaced_and_every_other_byte_stays() -> None:
    text = FILE.replace("\n", "\r\n")

    renewed = replace_moved(text, path="argocd/platform/x.yaml")

    assert renewed == text.replace(f'"{OLD}"', f'"{NEW}"')
    assert [str(item) for item in find_moved(text, path="argocd/platform/x.yaml")] == [
        f"argocd/platform/x.yaml:6: {OLD} answers no more since 2026-06-15"
    ]
    assert replace_moved(renewed, path="x") == renewed
    assert find_moved(renewed, path="x") == []


def test_a_value_that_only_looks_like_a_url_is_passed_over() -> None:
    text = f"spec:\n  host: 'http://[::1'\n  repoURL: {OLD}\n"

    assert [item.line for item in find_moved(text, path="x")] == [3]
    assert replace_moved(text, path="x") == text.replace(OLD, NEW)


def test_lists_anchors_and_further_documents_are_seen_once_each() -> None:
    renewed = replace_moved(PROJECT, path="x")

    assert renewed == PROJECT.replace(OLD, NEW)
    assert [item.line for item in find_moved(PROJECT, path="x")] == [2, 4]


@pytest.mark.parametrize(
    "text",
    [f"repoURL: {NEW}\n", f"repoURL: {OLD}-fork\n", f"{OLD}: a key\n", "repoURL: [\n", ""],
    ids=["new", "longer", "key", "no YAML", "empty"],
)
def test_what_is_no_dead_address_is_left_alone(text: str) -> None:
    assert find_moved(text, path="x") == []
    assert replace_moved(text, path="x") == text


def test_what_cannot_be_replaced_in_its_place_is_named() -> None:
    text = f'# {OLD}\nrepoURL: "{OLD.replace("-", chr(92) + "x2d")}"\n'

    with pytest.raises(BootstrapError) as raised:
        replace_moved(text, path="x.yaml")

    assert raised.value.message == "x.yaml:2: the address is written with escapes"
    assert raised.value.hint == f"write {NEW} there by hand"


def test_a_file_with_a_dead_address_that_is_no_yaml_is_named() -> None:
    with pytest.raises(BootstrapError, match=r"^x\.yaml:2:1: not valid YAML$"):
        find_moved(f"a: [{OLD}\n", path="x.yaml")
