"""Options that several commands have, written down once.

Typer reads options off a signature, so that is what is made: a command's own options, then those of
the group that it shares.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any


def sharing(read: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what adds the options of `read` to a command, which gets its result first.

    `read` has an option for each parameter, and makes of them what commands work with.
    """

    def add(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        shared = inspect.signature(read, eval_str=True).parameters

        @functools.wraps(command)
        def run(**given: Any) -> None:
            group = read(**{name: given.pop(name) for name in shared})
            command(group, **given)

        parameters = [*own, *shared.values()]
        run.__annotations__ = {item.name: item.annotation for item in parameters}
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return run

    return add
