"""What text that stands without quotes is taken for: by Kubernetes, and by any reader at all."""

from __future__ import annotations

import math
import re

NULLS = ("", "~", "null", "Null", "NULL")
_WORDS: dict[str, tuple[str, object]] = {
    **dict.fromkeys(NULLS, ("null", None)),
    **{
        form: ("bool", value)
        for words, value in (("y yes true on", True), ("n no false off", False))
        for word in words.split()
        for form in (word, word.title(), word.upper())
    },
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("float", math.nan)),
    **{
        sign + word: ("float", -math.inf if sign == "-" else math.inf)
        for sign in ("", "+", "-")
        for word in (".inf", ".Inf", ".INF")
    },
}
_INT = re.compile(
    r"[-+]?(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|0|[1-9][0-9]*)"
)
_BASES = {"hex": 16, "bin": 2, "oct": 8}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# Read from https://yaml.org/type/ (bool, null, int, float), widely: what is written must be text to
# YAML 1.1 and 1.2 alike, as an environment may be called `no`.
_MAYBE_NOT_TEXT = re.compile(
    r"(?i:y|yes|n|no|on|off|true|false|null|~|)"
    r"|[-+.]?[0-9][0-9a-fA-F_xXoObB:.eE+-]*"
    r"|(?:[-+]?\.|[-+])[0-9_]+(?:[eE][-+]?[0-9]+)?"
)
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9/](?:[A-Za-z0-9_./+=;@-]|:(?=[A-Za-z0-9/]))*")


def may_be_no_text(text: str) -> bool:
    """Tell whether some reader, of YAML 1.1 or 1.2, takes bare `text` for something else."""
    return bool(_MAYBE_NOT_TEXT.fullmatch(text))


def is_plain_text(text: str) -> bool:
    """Tell whether `text` needs no quotes: every reader takes it for text, and that very text."""
    return bool(_PLAIN_TEXT.fullmatch(text)) and not may_be_no_text(text)


def read_scalar(text: str) -> tuple[str, object]:
    """Return the kind (the end of its tag) and the value of text that stands without quotes."""
    found = _WORDS.get(text)
    if found is not None:
        return found
    if text[0] in "0123456789+-.":
        return _read_number(text)
    return ("merge" if text == "<<" else "str"), text


def _read_number(text: str) -> tuple[str, object]:
    digits = text if text[0] == "." else text.replace("_", "")
    match = _INT.fullmatch(digits)
    if match:
        base = match.lastgroup
        number = int(match[base], _BASES[base]) if base else abs(int(digits))
        number = -number if digits[0] == "-" else number
        # beyond that Go has no integer; its unsigned one takes no sign
        if -(2**63) <= number < (2**63 if digits[0] in "+-" else 2**64):
            return "int", number
    if _FLOAT.fullmatch(digits) and math.isfinite(float(digits)):
        return "float", float(digits)
    return "str", text
