"""Colours where a person sees them, and nowhere else."""

from __future__ import annotations

import io

import pytest

from bootstrap.terminal.screen import (
    LiveLines,
    Style,
    can_redraw,
    cut,
    paint,
    printable,
    use_color,
    width_of,
)


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "variables", "redraw", "color"),
    [
        (Screen(), {"TERM": "xterm"}, True, True),
        (Screen(), {"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        (Screen(), {"TERM": "xterm", "NO_COLOR": ""}, True, True),
        (Screen(), {"TERM": "xterm", "CI": "true"}, False, True),
        (Screen(), {"TERM": "dumb"}, False, False),
        (Screen(), {}, False, False),
        (io.StringIO(), {"TERM": "xterm"}, False, False),
    ],
)
def test_only_a_terminal_is_drawn_over_and_only_one_that_may_be_is_coloured(
    stream: io.StringIO,
    variables: dict[str, str],
    redraw: bool,
    color: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TERM", "NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert (can_redraw(stream), use_color(stream)) == (redraw, color)


def test_painted_text_ends_its_colour_and_plain_text_is_untouched() -> None:
    assert paint("Healthy", Style.GREEN, True) == "\x1b[32mHealthy\x1b[0m"
    assert paint("Healthy", Style.GREEN, False) == "Healthy"
    assert paint("", Style.RED, True) == ""


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("Healthy", 7, "Healthy"),
        ("Healthy", 6, "Healt…"),
        ("\x1b[32mHealthy\x1b[0m", 7, "\x1b[32mHealthy\x1b[0m"),
        ("\x1b[32mHealthy\x1b[0m", 4, "\x1b[32mHea…\x1b[0m"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
    ],
)
def test_a_line_is_cut_by_columns_and_its_colour_ends(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected
    assert width_of(expected) <= width


def test_lines_are_drawn_over_the_ones_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "11")
    monkeypatch.setenv("LINES", "4")
    screen = Screen()
    live = LiveLines()

    live.draw(screen, ["one", "two"])
    live.draw(screen, ["a line of many words"])
    live.draw(screen, ["1", "2", "3", "4"])
    live.draw(screen, [])

    assert screen.getvalue() == (
        "one\x1b[K\ntwo\x1b[K\n\x1b[J"
        "\x1b[2Fa line of…\x1b[K\n\x1b[J"
        "\x1b[1F1\x1b[K\n2\x1b[K\n… and 2 m…\x1b[K\n\x1b[J"
        "\x1b[3F\x1b[J"
    )


def test_what_strangers_wrote_does_not_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\nc\x07 é") == "a\\x1b[2Jb c\\x07 é"
