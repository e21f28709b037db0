"""The command line: options in, one use case called, its result shown.

Use cases are imported inside the commands: `--help` and completion must not wait for libraries.
"""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.debug import debugging
from bootstrap.cli.lazy import Source, group_of

# by journey: the folders of bootstrap/commands/, in the order that people meet them
_COMMANDS = {
    "init": {
        "init": Source(
            "bootstrap.cli.init",
            "init",
            "Example: bootstrap init prod --namespace agentsmith-prod --revision main",
        ),
        "rename": Source("bootstrap.cli.rename", "rename", "Example: bootstrap rename team-b"),
    },
    "seal": {
        "seal": Source(
            "bootstrap.cli.seal",
            "seal",
            "Example: bootstrap seal secrets.local.yaml --env prod; or bootstrap seal --all",
        ),
        "secrets": Source("bootstrap.cli.secrets", "secrets"),
    },
    "keys": {
        "keys": Source("bootstrap.cli.keys", "keys"),
    },
    "check": {
        "check": Source("bootstrap.cli.check", "check", "Example: bootstrap check --staged"),
        "hooks": Source("bootstrap.cli.hooks", "hooks"),
    },
    "up": {
        "up": Source("bootstrap.cli.up", "up", "Example: bootstrap up prod --context my-cluster"),
    },
    "release": {
        "upgrade": Source(
            "bootstrap.cli.upgrade",
            "upgrade",
            "Example: bootstrap upgrade prod --dispatcher :1.2 --agent :1.2 --push --wait",
        ),
        "promote": Source(
            "bootstrap.cli.promote",
            "promote",
            "Example: bootstrap promote staging prod --config --push --wait",
        ),
        "rollback": Source(
            "bootstrap.cli.rollback",
            "rollback",
            "Example: bootstrap rollback prod --push --wait; or the same with --to 1a2b3c4",
        ),
        "pause": Source("bootstrap.cli.pause", "pause", "Example: bootstrap pause prod --push"),
        "resume": Source(
            "bootstrap.cli.pause",
            "resume",
            "Example: bootstrap resume prod --push --wait",
        ),
    },
    "preview": {
        "diff": Source(
            "bootstrap.cli.diff",
            "diff",
            "Example: bootstrap diff prod; or bootstrap diff prod --against HEAD~1",
        ),
        "render": Source(
            "bootstrap.cli.render",
            "render",
            "Example: bootstrap render prod; or bootstrap render --all --output-dir rendered",
        ),
    },
    "watch": {
        "status": Source(
            "bootstrap.cli.status",
            "status",
            "Example: bootstrap status; or bootstrap status prod --watch",
        ),
        "wait": Source(
            "bootstrap.cli.wait",
            "wait",
            "Example: bootstrap wait prod --commit 1a2b3c4",
        ),
        "history": Source(
            "bootstrap.cli.history",
            "history",
            "Example: bootstrap history prod --limit 5",
        ),
    },
    "destroy": {
        "destroy": Source(
            "bootstrap.cli.destroy",
            "destroy",
            "Example: bootstrap destroy staging --wait",
        ),
    },
    "doctor": {
        "doctor": Source(
            "bootstrap.cli.doctor",
            "doctor",
            "Example: bootstrap doctor prod --context my-cluster",
        ),
    },
    "argocd": {
        "repo": Source("bootstrap.cli.repo", "repo"),
        "webhook": Source("bootstrap.cli.webhook", "webhook"),
        "clusters": Source(
            "bootstrap.cli.clusters",
            "clusters",
            "Example: bootstrap clusters --context my-cluster",
        ),
    },
}
_FIRST_DAY = """\b
The first day:
  bootstrap init prod
  bootstrap seal secrets.local.yaml
  git add . && git commit && git push && bootstrap up prod
"""

app = typer.Typer(
    name="bootstrap",
    cls=group_of(_COMMANDS),
    epilog=_FIRST_DAY,
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,  # as markup, "[default: ...]" in a help text is lost
    pretty_exceptions_enable=False,
    # a traceback with local variables would show secrets
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("agentsmith-bootstrap"))
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", is_eager=True, callback=_show_version
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug", help="Show where in the code an error came from; names, never values."
        ),
    ] = False,
) -> None:
    """GitOps for Agent Smith: write an environment, seal its secrets, push.

    Argo CD does the rest.
    """
    debugging.set(debug)
