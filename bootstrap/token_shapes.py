"""What tokens of well-known issuers look like: the one table, for all that must not keep one."""

from __future__ import annotations

import re
from dataclasses import dataclass

MASK = "***"
"""What stands in the place of a token that is not shown."""
# A token that somebody was given has a digit, `ghp_your-token-here` has none.
_GIVEN = "(?=[A-Za-z_-]*[0-9])"
_ANY = f"{_GIVEN}[A-Za-z0-9_-]{{16,}}"


@dataclass(frozen=True, slots=True)
class TokenShape:
    """How the tokens of one kind are told from other words; all are regular expressions."""

    prefix: str
    """What each begins with: enough to mask what follows in a log."""
    rest: str | None = _ANY
    """What follows in a file where a false alarm would stop a person; None: that is too common."""
    tells_user: bool = False
    """Whether the prefix alone tells a token from the name of an SSH user."""


TOKEN_SHAPES = (
    TokenShape("gh[oprsu]_", tells_user=True),  # GitHub
    TokenShape("gh[a-z]_", rest=None, tells_user=True),  # GitHub, kinds to come
    TokenShape("github_pat_", tells_user=True),
    TokenShape("glpat-", tells_user=True),  # GitLab
    TokenShape("gl(?:agent|cbt|dt|ffct|ft|imt|oas|ptt|rt|soat)-"),
    TokenShape("xox[a-z]-"),  # Slack
    TokenShape("xapp-"),
    TokenShape("sk-ant-"),  # Anthropic
    TokenShape("sk-proj-"),  # OpenAI
    TokenShape("sk-", rest=None),
    # the name of a key of AWS is in many files on purpose, and Google's keys of browsers are public
    TokenShape("AKIA", rest=None),
    TokenShape("AIza", rest=None),
    TokenShape("eyJ", rest=r"[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}"),  # JWT
)


def in_logs() -> re.Pattern[str]:
    """Return what finds tokens in lines that are to be shown, and rather too many."""
    prefixes = "|".join(shape.prefix for shape in TOKEN_SHAPES)
    return re.compile(rf"\b(?:{prefixes})[\w.-]{{4,}}")


def in_files() -> re.Pattern[bytes]:
    """Return what finds tokens that were given to somebody, in any text."""
    known = "|".join(f"{shape.prefix}{shape.rest}" for shape in TOKEN_SHAPES if shape.rest)
    return re.compile(rf"(?<![A-Za-z0-9_+/-])(?:{known})".encode())


def in_users_place() -> re.Pattern[str]:
    """Return what a token begins with where an SSH user belongs, by `-` as well as by `_`.

    Of those whose prefix people might be called by, the whole form tells.
    """
    begins = [
        re.sub("[_-]$", "[_-]", shape.prefix) if shape.tells_user else f"{shape.prefix}{shape.rest}"
        for shape in TOKEN_SHAPES
        if shape.tells_user or shape.rest
    ]
    return re.compile("|".join(begins))
