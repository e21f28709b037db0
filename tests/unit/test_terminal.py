"""Colours where a person sees them, and nowhere else."""

from __future__ import annotations

import io

import pytest

from bootstrap.terminal import Style, is_terminal, paint, use_color


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "variables", "terminal", "color"),
    [
        (Screen(), {"TERM": "xterm"}, True, True),
        (Screen(), {"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        (Screen(), {"TERM": "xterm", "NO_COLOR": ""}, True, True),
        (Screen(), {"TERM": "dumb"}, False, False),
        (Screen(), {}, False, False),
        (io.StringIO(), {"TERM": "xterm"}, False, False),
    ],
)
def test_only_a_terminal_that_may_be_coloured_is(
    stream: io.StringIO,
    variables: dict[str, str],
    terminal: bool,
    color: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert (is_terminal(stream), use_color(stream)) == (terminal, color)


def test_painted_text_ends_its_colour_and_plain_text_is_untouched() -> None:
    assert paint("Healthy", Style.GREEN, True) == "\x1b[32mHealthy\x1b[0m"
    assert paint("Healthy", Style.GREEN, False) == "Healthy"
    assert paint("", Style.RED, True) == ""
