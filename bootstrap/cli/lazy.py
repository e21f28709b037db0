"""Commands that are built when they are asked for.

Typer turns a command's signature into options when it is registered. With more than twenty
commands that is most of what a start costs, and a run needs one of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from bootstrap.cli.moved import refuse_moved


@dataclass(frozen=True, slots=True)
class Source:
    """Where a command is: attribute `name` of a module, a function or a Typer of its own."""

    module: str
    name: str
    epilog: str = ""

    def build(self) -> Any:
        """Import it and make it a command, as Typer does for what is registered."""
        found = getattr(importlib.import_module(self.module), self.name)
        if isinstance(found, typer.Typer):
            found.rich_markup_mode = None
            made = typer.main.get_group(found)
            made.name = self.name
            return made
        single = typer.Typer(
            add_completion=False,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            pretty_exceptions_show_locals=False,
        )
        single.command(self.name, epilog=self.epilog)(found)
        return typer.main.get_command(single)


_HEADINGS = {"argocd": "Argo CD"}
_AROUND = 4
"""Columns before a command's name and behind it."""


class _Commands(dict[str, Any]):
    """The commands of a group by name, each built on first use."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, Source):
            found = self[name] = found.build()
        return found

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def items(self) -> Any:
        return {name: self[name] for name in self}.items()

    def values(self) -> Any:
        return {name: self[name] for name in self}.values()


def group_of(journeys: Mapping[str, Mapping[str, Source]]) -> type[TyperGroup]:
    """Return the class of a group that has these commands, by journey, in this order."""

    class LazyGroup(TyperGroup):
        """A group whose commands wait in their sources."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = _Commands(
                {name: row for rows in journeys.values() for name, row in rows.items()}
            )

        def format_commands(self, _context: Any, formatter: Any) -> None:
            """Show the commands of each journey below its name."""
            longest = max(len(name) for name in self.commands)
            limit = formatter.width - longest - _AROUND
            for journey, rows in journeys.items():
                with formatter.section(_HEADINGS.get(journey, journey.capitalize())):
                    formatter.write_dl(
                        [
                            (name.ljust(longest), self.commands[name].get_short_help_str(limit))
                            for name in rows
                        ]
                    )

        def resolve_command(self, context: Any, args: list[str]) -> Any:
            """Find the command, or say what an old spelling is called now."""
            if not context.resilient_parsing:  # a completion has no errors
                refuse_moved(args)
            return super().resolve_command(context, args)

        def list_commands(self, _context: Any) -> list[str]:
            return list(self.commands)

    return LazyGroup
