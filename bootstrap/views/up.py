"""How the result of `bootstrap up` looks."""

from __future__ import annotations

from bootstrap.commands.up.up import UpResult
from bootstrap.terminal.output import TerminalReporter, print_json

_say = TerminalReporter()


def show_up(result: UpResult, *, as_json: bool) -> None:
    """Show where each environment is."""
    if as_json:
        print_json(
            {
                "applied": [{"object": what, "action": done} for what, done in result.applied],
                "environments": [
                    {"name": name, "commit": commit, "seconds": result.seconds.get(name)}
                    for name, commit in result.commits.items()
                ],
            }
        )
    for name, commit in result.commits.items():
        if name in result.seconds:
            _say.step(
                f"{name} is Synced and Healthy at {commit[:7]} ({result.seconds[name]:.1f} s)"
            )
        else:
            _say.step(f"{name} is on its way to {commit[:7]}; not waited for")
