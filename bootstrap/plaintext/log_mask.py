"""The end of a container's log, fit to be shown: what is or looks like a secret is masked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bootstrap.plaintext.local_secrets import LocalValue
from bootstrap.plaintext.scan import Scanner
from bootstrap.token_shapes import MASK, in_logs

LEFT_OUT = "(a line with a secret value)"
_LONGEST = 200
# Whatever follows such a word goes: how many words a value has is not to be known.
_NAMED = re.compile(
    r"(?i)((?:token|secret|passw(?:or)?d|pwd|passphrase|api[-_ ]?key|credentials?|authorization|"
    r"private[-_ ]?key|webhook|connection[-_ ]?string)[\w.-]*[\"']?\s*(?:[:=]|\bis\b)|"
    r"\b(?:bearer|basic)\b)\s*\S.*"
)
_IN_URL = re.compile(r"://[^/\s@]+@")
_PREFIXED = in_logs()
_RANDOM = re.compile(r"(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{16,}|[\w+=-]{32,}", re.ASCII)


def safe_lines(text: str, secrets: Sequence[LocalValue]) -> tuple[str, ...]:
    """Return the lines of `text`, without the values of `secrets` and what looks like a secret."""
    scanner = Scanner(secrets)
    lines = [line for line in text.splitlines() if line.strip()]
    kept = [LEFT_OUT if _holds(scanner, line) else line for line in lines]
    if _holds(scanner, "\n".join(kept)):  # one value over several lines
        return (LEFT_OUT,)
    return tuple(_mask(line)[:_LONGEST].rstrip() for line in kept)


def _holds(scanner: Scanner, text: str) -> bool:
    return any(True for _finding in scanner.find_values("", text.encode()))


def _mask(line: str) -> str:
    line = _NAMED.sub(rf"\1 {MASK}", line)
    line = _IN_URL.sub(f"://{MASK}@", line)
    return _RANDOM.sub(MASK, _PREFIXED.sub(MASK, line))
