"""The hold that a rollback leaves: a marked comment at the top of an environment's values.yaml.

It is a comment so that Helm never sees it, and in values.yaml so that nobody releases without
having it before their eyes. A line that was edited beyond recognition still holds.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from bootstrap.constants import VALUES_FILE
from bootstrap.errors import BootstrapError

_MARK = "# bootstrap hold:"
_NOTE = "# `bootstrap upgrade` and `bootstrap promote` wait for --release-hold."
_LINE = re.compile(rf"^{re.escape(_MARK)}(.*?)\r?$", re.MULTILINE)
_BLOCK = re.compile(
    rf"^{re.escape(_MARK)}[^\n]*(?:\n(?:{re.escape(_NOTE)}\r?(?:\n|\Z))?|\Z)", re.MULTILINE
)
_MARK_OF_ORDER = "\ufeff"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an environment waits; a field that its line does not say is empty."""

    revision: str = ""
    """The commit whose files the rollback restored."""
    origin: str = ""
    """The commit that it was rolled back from."""
    since: str = ""
    """When, as ISO 8601."""
    reason: str = ""


def read_hold(text: str) -> Hold | None:
    """Return the hold that the values.yaml `text` carries, None if it has none."""
    match = _LINE.search(text.removeprefix(_MARK_OF_ORDER))
    if match is None:
        return None
    try:
        words = shlex.split(match[1])
    except ValueError:
        return Hold(reason=match[1].strip())
    said = dict(word.split("=", 1) for word in words if "=" in word)
    return Hold(
        said.get("revision", ""), said.get("from", ""), said.get("since", ""),
        said.get("reason", ""),
    )  # fmt: skip


def add_hold(text: str, hold: Hold) -> str:
    """Return `text` with `hold` as its first lines, in place of any other."""
    rest = release_hold(text)
    end = "\r\n" if "\r\n" in rest else "\n"
    said = f"{_MARK} revision={hold.revision} from={hold.origin} since={hold.since}"
    if hold.reason:
        said += f" reason={shlex.quote(' '.join(hold.reason.split()))}"
    order = _MARK_OF_ORDER if rest.startswith(_MARK_OF_ORDER) else ""
    return f"{order}{said}{end}{_NOTE}{end}{rest.removeprefix(order)}"


def release_hold(text: str) -> str:
    """Return `text` without a hold, every other byte as it was."""
    order = _MARK_OF_ORDER if text.startswith(_MARK_OF_ORDER) else ""
    return order + _BLOCK.sub("", text.removeprefix(order))


def check_hold(text: str, *, name: str) -> None:
    """Raise BootstrapError if the values.yaml `text` of environment `name` carries a hold."""
    hold = read_hold(text)
    if hold is None:
        return
    to = f" to {hold.revision[:7]}" if hold.revision else ""
    since = f" since {hold.since}" if hold.since else ""
    reason = f" ({hold.reason})" if hold.reason else ""
    raise BootstrapError(
        f"{name} is held{since}, after a rollback{to}{reason}: environments/{name}/{VALUES_FILE}"
        " says so",
        "once the cause is mended, run this again with --release-hold",
    )
