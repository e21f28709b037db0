"""Spellings of before 0.1.0: they do nothing, but say what does it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap.errors import UsageError


@dataclass(frozen=True, slots=True)
class _Moved:
    """What was once written as `command ... word`, and what is written now."""

    command: str
    word: str
    now: str
    anywhere: bool = False
    """Whether `word` may stand behind others; else only right behind the command."""


_WEBHOOK = "`bootstrap webhook set --provider PROVIDER`, or `webhook test`"
_MOVED = (
    _Moved("seal", "--check", "`bootstrap secrets check ENV`", anywhere=True),
    _Moved("seal", "--key", "`bootstrap secrets set KEY`", anywhere=True),
    _Moved("seal", "--remove", "`bootstrap secrets remove KEY`", anywhere=True),
    _Moved("webhook", "--provider", _WEBHOOK),
    _Moved("webhook", "--url", _WEBHOOK),
    _Moved("webhook", "--test", _WEBHOOK),
    _Moved("cluster", "list", "`bootstrap clusters`"),
)


def refuse_moved(words: Sequence[str]) -> None:
    """Raise UsageError if `words` of a command line are an old spelling; no value is shown."""
    names = [word.partition("=")[0] for word in words]
    for item in _MOVED:
        behind = names[1:] if item.anywhere else names[1:2]
        if names[:1] == [item.command] and item.word in behind:
            raise UsageError(f"there is no `bootstrap {item.command} {item.word}`", item.now)
