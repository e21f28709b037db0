"""A hold is a comment that survives people, and leaves without a trace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.environments.hold import Hold, add_hold, check_hold, read_hold, release_hold
from bootstrap.errors import BootstrapError

HOLD = Hold("a" * 40, "b" * 40, "2026-11-24T18:00:00Z", "it's red")
LINES = (
    f"# bootstrap hold: revision={'a' * 40} from={'b' * 40} since=2026-11-24T18:00:00Z"
    """ reason='it'"'"'s red'\n"""
    "# `bootstrap upgrade` and `bootstrap promote` wait for --release-hold.\n"
)


@pytest.mark.parametrize("text", ["", "image: {}\n", "# mine\nimage: {}"])
def test_a_hold_stands_on_top_and_leaves_every_byte(text: str):
    held = add_hold(text, HOLD)
    assert held == LINES + text
    assert read_hold(held) == HOLD
    assert release_hold(held) == text
    assert read_hold(text) is None


@given(st.text("# a\n\r\ufeff:", max_size=12), st.text(max_size=12))
def test_any_text_and_reason_is_kept(text: str, reason: str):
    hold = Hold("a" * 40, "b" * 40, "2026-11-24T18:00:00Z", " ".join(reason.split()))
    held = add_hold(text, hold)
    assert release_hold(held) == text
    assert read_hold(held) == hold
    assert add_hold(held, hold) == held
    assert held.replace("\r\n", "\n").count("\n") == text.replace("\r\n", "\n").count("\n") + 2


def test_a_second_hold_takes_the_place_of_the_first():
    other = Hold("c" * 40, "d" * 40, "2026-11-25T18:00:00Z")
    assert add_hold(add_hold("a: b\n", HOLD), other) == add_hold("a: b\n", other)


@pytest.mark.parametrize(
    ("line", "hold"),
    [
        ("# bootstrap hold:", Hold()),
        ("# bootstrap hold: since Monday", Hold()),
        ("# bootstrap hold: wait for 'Ann", Hold(reason="wait for 'Ann")),
        (
            "# bootstrap hold: revision=abc reason='wait for Ann'",
            Hold("abc", reason="wait for Ann"),
        ),
    ],
)
def test_a_line_that_was_edited_or_moved_still_holds(line: str, hold: Hold):
    text = f"# mine\n{line}\nimage: {{}}\n"
    assert read_hold(text) == hold
    assert release_hold(text) == "# mine\nimage: {}\n"
    assert release_hold(line) == ""


def test_a_held_environment_is_told_since_when_and_what_to_do():
    check_hold("image: {}\n", name="prod")
    with pytest.raises(BootstrapError) as caught:
        check_hold(LINES, name="prod")
    assert caught.value.message == (
        "prod is held since 2026-11-24T18:00:00Z, after a rollback to aaaaaaa (it's red):"
        " environments/prod/values.yaml says so"
    )
    assert "--release-hold" in caught.value.hint
