"""`bootstrap cluster ...`."""

from __future__ import annotations

import typer

from bootstrap.cli.options import Context, Format, Output, connect, open_repository

cluster = typer.Typer(no_args_is_help=True, help="Clusters that Argo CD deploys to.")


@cluster.callback()
def group() -> None:
    """Clusters that Argo CD deploys to."""


@cluster.command("list", epilog="Example: bootstrap cluster list --context my-cluster")
def list_(context: Context = None, output: Output = Format.TEXT) -> None:
    """Show the clusters that Argo CD knows, for `init --cluster NAME`, and who runs in them."""
    from bootstrap.commands.argocd.cluster_list import list_clusters
    from bootstrap.views.cluster import show_clusters

    _git, repository = open_repository()
    entries = list_clusters(repository, lambda: connect(context))
    show_clusters(entries, as_json=output is Format.JSON)
