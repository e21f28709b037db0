"""How the result of `bootstrap clusters` looks: names and addresses, never credentials."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.commands.argocd.cluster_list import ClusterEntry
from bootstrap.terminal.output import TerminalReporter, print_json
from bootstrap.views.table import print_table

_say = TerminalReporter()


def show_clusters(entries: Sequence[ClusterEntry], *, as_json: bool) -> None:
    """Show one line per cluster."""
    if as_json:
        print_json(
            {
                "clusters": [
                    {
                        "name": item.name or None,
                        "server": item.server or None,
                        "known": item.known,
                        "environments": list(item.environments),
                    }
                    for item in entries
                ]
            }
        )
    else:
        rows = [("NAME", "SERVER", "ENVIRONMENTS")]
        rows += [
            (item.name or "-", item.server or "-", ", ".join(item.environments) or "-")
            for item in entries
        ]
        print_table(rows)
    for item in entries:
        if not item.known:
            names = ", ".join(item.environments)
            _say.warn(
                f"Argo CD does not know cluster {item.name or item.server}, where {names} is to"
                " run: add it with `argocd cluster add`, or choose another with `bootstrap init"
                f" {item.environments[0]} --cluster NAME`"
            )
