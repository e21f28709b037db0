"""Fields of a file that bootstrap wrote, each held to the kind that it must be of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import BootstrapError


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping of a file; `wrong` makes the error for a field that is not as it must be."""

    values: Mapping[str, Any]
    wrong: Callable[[str], BootstrapError]

    def mapping(self, key: str) -> Fields:
        """Return the fields of the mapping at `key`."""
        value = self.values.get(key)
        if isinstance(value, Mapping):
            return Fields(value, self.wrong)
        raise self.wrong(key)

    def text(self, key: str) -> str:
        """Return the text at `key`, which may not be empty."""
        value = self.values.get(key)
        if isinstance(value, str) and value:
            return value
        raise self.wrong(key)
