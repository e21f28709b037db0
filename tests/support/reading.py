"""YAML as PyYAML reads it, by its C parser: none of our own loader, and a tenth of the time."""

from __future__ import annotations

from typing import Any

import yaml


def read_yaml(text: str) -> Any:
    """Return the one document in `text`."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def read_documents(text: str) -> list[Any]:
    """Return the documents in `text`, without empty ones."""
    return [item for item in yaml.load_all(text, Loader=yaml.CSafeLoader) if item]
