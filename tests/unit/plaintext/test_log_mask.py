"""What of a log may be shown."""

from __future__ import annotations

import base64

import pytest

from bootstrap.plaintext.local_secrets import LocalValue
from bootstrap.plaintext.log_mask import LEFT_OUT, safe_lines

KNOWN = [LocalValue("github-token of secrets.local.yaml", b"plain words of a value")]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("System.IO.IOException: connection to redis:6379 refused", None),
        ("   at AgentSmith.Program.Main(String[] args) in /src/Program.cs:line 21", None),
        ("GITHUB_TOKEN=abc def", "GITHUB_TOKEN= ***"),
        ('{"apiKey": "abc", "x": 1}', '{"apiKey": ***'),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("sent header bearer abc", "sent header bearer ***"),
        ("the password is hunter2", "the password is ***"),
        ("no token given", None),
        ("GET https://user:pw@git.example.com/a.git", "GET https://***@git.example.com/a.git"),
        ("got ghp_abcd1234 from Git", "got *** from Git"),
        ("slack said xoxb-12-ab", "slack said ***"),
        ("id 0123456789abcdef0 is gone", "id *** is gone"),
        ("x" * 300, "***"),
        ("a b " * 100, ("a b " * 50).rstrip()),
    ],
)
def test_only_what_looks_like_a_secret_is_masked(line: str, shown: str | None) -> None:
    assert safe_lines(line, []) == (line if shown is None else shown,)


@pytest.mark.parametrize(
    "text",
    [
        "bad: plain words of a value!",
        "bad: " + base64.b64encode(b"plain words of a value").decode(),
        "plain words\nof a value",
    ],
)
def test_a_value_of_a_local_file_is_left_out_in_every_disguise(text: str) -> None:
    assert safe_lines(text, KNOWN) == (LEFT_OUT,)


def test_other_lines_stay_and_empty_ones_go() -> None:
    text = "starting\n\nplain words of a value\nstopped\n"

    assert safe_lines(text, KNOWN) == ("starting", LEFT_OUT, "stopped")
