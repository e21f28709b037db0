"""`bootstrap clusters`."""

from __future__ import annotations

from bootstrap.cli.options import Context, Format, Output, connect, open_repository


def clusters(context: Context = None, output: Output = Format.TEXT) -> None:
    """Show the clusters that Argo CD knows, and who runs in them.

    Their names are those for `bootstrap init --cluster NAME`.
    """
    from bootstrap.commands.argocd.cluster_list import list_clusters
    from bootstrap.views.cluster import show_clusters

    _git, repository = open_repository()
    entries = list_clusters(repository, lambda: connect(context))
    show_clusters(entries, as_json=output is Format.JSON)
