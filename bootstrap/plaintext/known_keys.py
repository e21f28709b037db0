"""The keys of the Secret that Agent Smith reads, under each of the names that people write."""

from __future__ import annotations

import difflib
import functools
import re

from bootstrap.constants import REDIS_URL_KEY

SECRET_KEYS: tuple[str, ...] = (
    "anthropic-api-key",
    "azure-devops-token",
    "gemini-api-key",
    "github-token",
    "gitlab-token",
    "jira-email",
    "jira-token",
    "openai-api-key",
    REDIS_URL_KEY,
    "slack-bot-token",
    "slack-signing-secret",
)
"""As the Secret has them: kebab-case."""

# How the chart's values spell a key where plain camel-casing of the words would differ: nowhere
# yet, but `azureDevOpsToken` splits into azure-dev-ops-token, so spelling is compared without it.
_BY_LETTERS = {key.replace("-", ""): key for key in SECRET_KEYS}
_CHART_SPELLING = {"azure-devops-token": "azureDevOpsToken"}
_LETTERS = re.compile(r"[A-Za-z][A-Za-z_.-]{0,39}")
_VARIABLE = re.compile(r"[A-Z]{2,}(_[A-Z]{2,})+")


def chart_name(key: str) -> str:
    """Return the name of `key` in the chart's `secrets:` block: camelCase."""
    if key in _CHART_SPELLING:
        return _CHART_SPELLING[key]
    first, *rest = key.split("-")
    return first + "".join(word.capitalize() for word in rest)


def variable_name(key: str) -> str:
    """Return the name of `key` as an environment variable: upper case with underscores."""
    return key.replace("-", "_").upper()


def find_key(written: str) -> str | None:
    """Return the kebab-case key that `written` means, in any of the three spellings, or None."""
    return spellings().get(written)


@functools.cache
def spellings() -> dict[str, str]:
    """Return every spelling of every known key, and the key."""
    return {
        spelling: key
        for key in SECRET_KEYS
        for spelling in (key, chart_name(key), variable_name(key))
    }


def nearest_key(written: str) -> str | None:
    """Return the known key that `written` was probably meant to be, or None if none is near."""
    letters = re.sub(r"[^a-z]", "", written.lower())
    near = difflib.get_close_matches(letters, _BY_LETTERS, n=1, cutoff=0.5)
    return _BY_LETTERS[near[0]] if near else None


def may_be_shown(written: str) -> bool:
    """Tell whether an unknown key may appear in a message.

    A token on the wrong side of a colon, or the last line of a PEM block, parses as a key. So only
    what is near a known name is shown, or is spelt as no secret is: SOME_VARIABLE.
    """
    if not _LETTERS.fullmatch(written):
        return False
    return bool(_VARIABLE.fullmatch(written)) or nearest_key(written) is not None
