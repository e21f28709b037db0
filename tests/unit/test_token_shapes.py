"""Every token of the table is masked in a log, found in a file and refused as an SSH user."""

from __future__ import annotations

import re

import pytest

from bootstrap.argocd.known_repositories import shown_url
from bootstrap.environments.repo_url import parse_remote_url
from bootstrap.errors import BootstrapError
from bootstrap.plaintext.log_mask import safe_lines
from bootstrap.plaintext.written import find_written
from bootstrap.token_shapes import TOKEN_SHAPES

TOKENS = [
    "ghp_MARKVALUE1234567890",
    "github_pat_11ABCDEFG0abcdefghij_klm",
    "glpat-abcdefghij1234567890",
    "gldt-abcdefghij1234567890",
    "xoxb-123456789012-abcdefgh",
    "xapp-1-A0123456789-abcdefgh",
    "sk-ant-api03-abcdefghijkl",
    "sk-proj-abcdefghij1234567890",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtYXJrZWQifQ.MARKVALUE_1234567890",
]
UNSURE = [shape.prefix for shape in TOKEN_SHAPES if shape.rest is None]


def found(text: str) -> list[tuple[int, str]]:
    return list(find_written("environments/prod/notes.md", text.encode()))


def test_every_shape_has_an_example_here() -> None:
    shapes = [shape.prefix for shape in TOKEN_SHAPES if shape.rest]
    assert len(shapes) == len(TOKENS)
    assert all(re.match(shape, token) for shape, token in zip(shapes, TOKENS, strict=True))
    assert UNSURE == ["gh[a-z]_", "sk-", "AKIA", "AIza"]


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_known_wherever_it_must_not_be(token: str) -> None:
    begin = token[:16]  # shorter than what is refused for its length alone

    assert safe_lines(f"got {token} back", []) == ("got *** back",)
    assert safe_lines(f"got {begin} back", []) == ("got *** back",)
    assert found(f"it is '{token}'.\n") == [(1, "a token, by its prefix")]
    for url in (f"{token}@github.com:t/a.git", f"ssh://{token}@github.com/t/a.git"):
        assert token not in shown_url(url)
        with pytest.raises(BootstrapError, match="looks like a token in the user's place"):
            parse_remote_url(url, source="--repo-url")


@pytest.mark.parametrize("begin", ["ghp_abc", "gho-abc", "github_pat_1", "glpat-x"])
def test_some_are_known_in_a_users_place_by_their_beginning(begin: str) -> None:
    with pytest.raises(BootstrapError, match="looks like a token in the user's place"):
        parse_remote_url(f"{begin}@github.com:t/a.git", source="--repo-url")


@pytest.mark.parametrize(
    "name", ["git", "xapp-deploy", "sk-ant-farm", "eyJafjallajokull", "xoxo-git", "AKIAbot"]
)
def test_people_may_be_called_alike(name: str) -> None:
    url = f"ssh://{name}@git.example.com/t/a.git"
    assert parse_remote_url(url, source="--repo-url").url == url


@pytest.mark.parametrize(
    ("text", "shown"),
    [("ghx_abcd", "***"), ("sk-abcd", "***"), ("AKIAabcd", "***"), ("eyJabcd", "***")],
)
def test_in_a_log_the_beginning_is_enough(text: str, shown: str) -> None:
    assert safe_lines(f"got {text} back", []) == (f"got {shown} back",)
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "AKIAXXXXXXXXXXXXXXXX",
        "AKIAIOSFODNN7EXAMPLE",  # of the documentation of AWS
        "AKIAMARKVALUE1234567890abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO",  # a line of base64
        "AIzaMARKVALUE1234567890abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO",
        "eyJhIjogIm9iamVjdCIsICJiIjogIm5vIHRva2VuIn0=",
        "ghe_base_url_of_2_servers",
        "sk-SK-and-17-other-locales",
    ],
)
def test_what_only_begins_so_is_no_token_in_a_file(text: str) -> None:
    assert found(f"{text}\n") == []


@pytest.mark.parametrize("user", ["git", "sk-deploy", "xavier", "APKAMARKVALUE1234567"])
def test_a_user_is_no_token(user: str) -> None:
    assert parse_remote_url(f"{user}@github.com:t/a.git", source="it").url.startswith(user)


@pytest.mark.parametrize("user", ["ghx-abc", "ghp_abc", "github_pat-abc", "glpat_abc"])
def test_a_token_that_was_mistyped_is_no_user(user: str) -> None:
    with pytest.raises(BootstrapError, match="looks like a token"):
        parse_remote_url(f"{user}@github.com:t/a.git", source="it")
