"""The command line: options in, one use case called, its result shown.

Use cases are imported inside the commands: `--help` and completion must not wait for libraries.
"""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.check import check
from bootstrap.cli.cluster import cluster
from bootstrap.cli.debug import debugging
from bootstrap.cli.destroy import destroy
from bootstrap.cli.diff import diff
from bootstrap.cli.doctor import doctor
from bootstrap.cli.history import history
from bootstrap.cli.hooks import hooks
from bootstrap.cli.init import init
from bootstrap.cli.keys import keys
from bootstrap.cli.pause import pause, resume
from bootstrap.cli.promote import promote
from bootstrap.cli.render import render
from bootstrap.cli.repo import repo
from bootstrap.cli.rollback import rollback
from bootstrap.cli.seal import seal
from bootstrap.cli.status import status
from bootstrap.cli.up import up
from bootstrap.cli.upgrade import upgrade
from bootstrap.cli.wait import wait
from bootstrap.cli.webhook import webhook

app = typer.Typer(
    name="bootstrap",
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


app.command(epilog="Example: bootstrap init prod --namespace agentsmith-prod --revision main")(init)
app.command(
    epilog="Example: bootstrap seal secrets.local.yaml --env prod; or bootstrap seal --check prod"
)(seal)
app.command(epilog="Example: bootstrap up prod --context my-cluster")(up)
app.command(epilog="Example: bootstrap wait prod --commit 1a2b3c4")(wait)
app.command(epilog="Example: bootstrap upgrade prod --dispatcher :1.2 --agent :1.2 --push --wait")(
    upgrade
)
app.command(epilog="Example: bootstrap promote staging prod --config --push --wait")(promote)
app.command(
    epilog="Example: bootstrap rollback prod --push --wait; or bootstrap rollback prod --to 1a2b3c4"
)(rollback)
app.command(epilog="Example: bootstrap pause prod --push")(pause)
app.command(epilog="Example: bootstrap resume prod --push --wait")(resume)
app.command(epilog="Example: bootstrap status; or bootstrap status prod --watch")(status)
app.command(epilog="Example: bootstrap diff prod; or bootstrap diff prod --against HEAD~1")(diff)
app.command(
    epilog="Example: bootstrap render prod; or bootstrap render --all --output-dir rendered"
)(render)
app.command(epilog="Example: bootstrap destroy staging --wait")(destroy)
app.command(epilog="Example: bootstrap history prod --limit 5")(history)
app.command(epilog="Example: bootstrap check --staged")(check)
app.command(epilog="Example: bootstrap webhook --provider github --url https://argocd.example.com")(
    webhook
)
app.command(epilog="Example: bootstrap doctor prod --context my-cluster")(doctor)
app.add_typer(cluster, name="cluster")
app.add_typer(keys, name="keys")
app.add_typer(hooks, name="hooks")
app.add_typer(repo, name="repo")
