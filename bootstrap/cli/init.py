"""`bootstrap init`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bootstrap.cli.completion import complete_environment, complete_revision
from bootstrap.cli.options import (
    Context,
    ControllerNamespace,
    ControllerService,
    DryRun,
    Format,
    Output,
    certificate_source,
    check_cluster_options,
    open_session,
)
from bootstrap.errors import UsageError

_ALL_ALONE = "with --all, only --name, --repo-url and --revision have a meaning"


class Sync(StrEnum):
    """Who starts a sync."""

    AUTO = "auto"
    MANUAL = "manual"


def init(
    environment: Annotated[
        str | None,
        typer.Argument(
            help="Name of the environment: a DNS label.", autocompletion=complete_environment
        ),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Give all environments and the root another --name, URL or branch."
        ),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            help="Name of this repository, where an Argo CD has several [default: agentsmith]."
        ),
    ] = None,
    repo_url: Annotated[
        str | None,
        typer.Option(help="URL that Argo CD clones [default: the root's, else origin's]."),
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option(
            help="Branch, tag or commit to follow [default: the root's, else the default branch].",
            autocompletion=complete_revision,
        ),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option(help="Namespace [default: NAME-ENVIRONMENT].")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="API server URL or Argo CD cluster name [default: in-cluster]."),
    ] = None,
    sync: Annotated[
        Sync | None,
        typer.Option(help="auto prunes and self-heals; manual waits for you [default: auto]."),
    ] = None,
    cert: Annotated[
        str | None, typer.Option(help="Sealing certificate: a PEM file or an http(s) URL.")
    ] = None,
    from_cluster: Annotated[
        bool, typer.Option("--from-cluster", help="Take the certificate of the controller.")
    ] = False,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Write an environment and its Argo CD Application. Touches no cluster by default.

    What is not given stays as it is, or has its default. Run twice, it changes nothing.
    """
    from bootstrap.cli.rename import run_rewrite
    from bootstrap.commands.init.init import InitOptions
    from bootstrap.commands.init.init import init as run
    from bootstrap.commands.init.rewrite import RewriteOptions
    from bootstrap.views.init import show_init

    source = (cert, from_cluster, context, controller_namespace, controller_name)
    if everything:
        _refuse_beside_all(environment, namespace, cluster, sync, cert, from_cluster)
        run_rewrite(
            RewriteOptions(name, repo_url, revision, dry_run), context, offline=False,
            as_json=output is Format.JSON,
        )  # fmt: skip
        return
    if environment is None:
        raise UsageError("no environment is named", "name one, or change what all share with --all")
    check_cluster_options(*source)
    session = open_session()
    result = run(
        environment,
        InitOptions(
            name=name,
            repo_url=repo_url,
            revision=revision,
            namespace=namespace,
            cluster=cluster,
            automated=None if sync is None else sync is Sync.AUTO,
            certificate=certificate_source(*source),
            dry_run=dry_run,
        ),
        session,
    )
    show_init(result, session.repository, dry_run=dry_run, as_json=output is Format.JSON)


def _refuse_beside_all(*given: object) -> None:
    if any(item not in {None, False} for item in given):
        raise UsageError(_ALL_ALONE, "leave the rest out, or name one environment without --all")
