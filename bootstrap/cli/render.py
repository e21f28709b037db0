"""`bootstrap render`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bootstrap.cli.completion import complete_environment
from bootstrap.cli.options import Format, Output, check_one_or_all, open_session
from bootstrap.errors import UsageError


def render(
    environment: Annotated[
        str | None,
        typer.Argument(help="Name of the environment.", autocompletion=complete_environment),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every environment.")] = False,
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", help="Write ENV.yaml files to this folder instead."),
    ] = None,
    kube_version: Annotated[
        str | None,
        typer.Option(
            "--kube-version", help="Version of Kubernetes to render for [default: Helm's]."
        ),
    ] = None,
    output: Output = Format.TEXT,
) -> None:
    """Show the manifests as Argo CD will apply them.

    Rendered by your own Helm. No cluster is asked. Values of Secrets are masked.
    """
    if output_dir is not None and output is Format.JSON:
        raise UsageError(
            "--output-dir writes YAML files, and -o json would change nothing", "leave one out"
        )
    check_one_or_all(environment, every, "render")
    from bootstrap.commands.preview.render import render as run
    from bootstrap.commands.preview.render import write_rendered
    from bootstrap.helm import Helm
    from bootstrap.views.render import show_render, show_written

    result = run(environment, open_session(), helm=Helm.find(kube_version))
    if output_dir is None:
        show_render(result, as_json=output is Format.JSON, many=every)
    else:
        show_written(
            result, str(output_dir), write_rendered(output_dir.absolute(), result.rendered)
        )
