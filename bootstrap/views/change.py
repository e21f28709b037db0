"""How a change of an environment looks: the diff on stdout, what was done and comes next beside."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.commands.release.change import Changed, Edit
from bootstrap.terminal.output import print_data, print_json
from bootstrap.views.file_diff import diff_of
from bootstrap.views.publish import describe_published, show_published


def print_edits(edits: Sequence[Edit]) -> None:
    """Show what will change, line by line."""
    shown = "".join(diff_of(item.path, item.before, item.after) for item in edits)
    if shown:
        print_data(shown)


def show_changed(changed: Changed, *, dry_run: bool) -> None:
    """Say which files changed and what comes next."""
    show_published(changed.published, changed.environment.name, dry_run=dry_run)


def print_changed(changed: Changed, seconds: float | None, *, dry_run: bool) -> None:
    """Print what scripts are told; `seconds` is how long it took to run, if that was awaited."""
    print_json(
        {
            "environment": changed.environment.name,
            **describe_published(changed.published, dry_run=dry_run),
            "values": {
                key: {"before": before, "after": after}
                for key, (before, after) in changed.values.items()
            },
            "restored": changed.restored,
            "seconds": seconds,
        }
    )
