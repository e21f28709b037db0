"""How the result of `bootstrap diff` looks."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

from bootstrap.commands.preview.diff import LIVE, DiffResult
from bootstrap.commands.preview.diff_all import FleetDiff
from bootstrap.errors import BootstrapError
from bootstrap.manifests.diff import ObjectDiff
from bootstrap.terminal.output import TerminalReporter, print_data, print_json
from bootstrap.terminal.screen import Style, paint, use_color
from bootstrap.views.render import raise_failed

_STYLES = {"+": Style.GREEN, "-": Style.RED, "@": Style.CYAN}


def show_diff(result: DiffResult, *, as_json: bool) -> None:
    """Show every object that differs; raise BootstrapError if it can't work as it is."""
    say = TerminalReporter()
    if as_json:
        print_json([_as_json(item) for item in result.diffs])
    else:
        _print_diffs(result.diffs)
    say.step(_summary(result))
    if result.unknown:
        values = f"{result.unknown} sealed value{'s' * (result.unknown != 1)}"
        say.step(
            f"not compared: {values} that both have; each is sealed for its own environment, and"
            " only keys that one of them lacks are shown"
        )
    if result.problems:
        raise BootstrapError(
            "; ".join(result.problems),
            f"seal them again for {result.environment.name}:"
            f" `bootstrap seal FILE --env {result.environment.name}`",
        )


def show_diff_all(result: FleetDiff, *, as_json: bool) -> None:
    """Show every object that differs, by environment; raise as `show_diff` does for any of them."""
    say = TerminalReporter()
    if as_json:
        print_json(
            [
                {"environment": found.environment.name, **_as_json(item)}
                for found in result.results
                for item in found.diffs
            ]
        )
    for found in result.results:
        if found.diffs and not as_json:
            print_data(f"# environment {found.environment.name}\n")
            _print_diffs(found.diffs)
        say.step(_summary(found))
    if result.shared:
        say.step(f"these differ, too: {', '.join(result.shared)}")
    if result.same:
        say.step(
            f"not rendered, as no file of theirs differs from {result.against}:"
            f" {', '.join(result.same)}"
        )
    raise_failed(result.failed)
    problems = [problem for found in result.results for problem in found.problems]
    if problems:
        raise BootstrapError(
            "; ".join(problems), "seal them again: `bootstrap seal FILE --env ENV`"
        )


def _as_json(item: ObjectDiff) -> dict[str, str]:
    return {"object": item.object, "action": item.action, "diff": item.diff}


def _print_diffs(diffs: Sequence[ObjectDiff]) -> None:
    on = use_color(sys.stdout)
    for item in diffs:
        print_data("".join(_painted(line, on) for line in item.diff.splitlines()))


def _painted(line: str, on: bool) -> str:
    style = Style.BOLD if line.startswith(("+++", "---")) else _STYLES.get(line[:1])
    return (paint(line, style, on) if style else line) + "\n"


def _summary(result: DiffResult) -> str:
    name = result.environment.name
    against = "what is live" if result.against == LIVE else result.against
    if not result.diffs:
        return f"{name} is the same as {against}"
    counts = Counter(item.action for item in result.diffs)
    told = ", ".join(
        f"{counts[key]} {key}" for key in ("changed", "added", "removed") if counts[key]
    )
    return f"{name} differs from {against}: {told}"
