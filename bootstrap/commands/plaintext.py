"""Reading plaintext secrets: refused first, read second, parsed last."""

from __future__ import annotations

import os
from pathlib import Path

from bootstrap.git import refuse_if_git_would_see
from bootstrap.secret_input import SecretInput, parse_secrets
from bootstrap.source_file import read_secrets

_STDIN = "-"


def read_plaintext(file: str) -> SecretInput:
    """Return the secrets in `file` ("-" is standard input), which Git must never get to see."""
    if file == _STDIN:
        return parse_secrets(read_secrets(file), source="standard input")
    if os.path.isfile(file):  # noqa: PTH113 - else, or unreadable, the reading says what is wrong
        refuse_if_git_would_see(Path(file))
    name = Path(file).name
    dotenv = name.startswith(".env") or name.endswith(".env")
    return parse_secrets(read_secrets(file), source=file, dotenv=True if dotenv else None)
