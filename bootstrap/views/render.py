"""How the result of `bootstrap render` looks."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.commands.preview.render import RenderResult
from bootstrap.errors import BootstrapError
from bootstrap.manifests.rendered import parse_objects
from bootstrap.terminal.output import TerminalReporter, print_data, print_error, print_json


def show_render(result: RenderResult, *, as_json: bool, many: bool) -> None:
    """Show the manifests; raise BootstrapError if an environment has none."""
    if as_json:
        print_json(
            [
                {
                    "environment": item.environment.name,
                    "namespace": item.environment.namespace,
                    "objects": parse_objects(item.text),
                }
                for item in result.rendered
            ]
        )
    elif many:
        for item in result.rendered:
            print_data(f"# environment {item.environment.name}\n{item.text}")
    elif result.rendered:
        print_data(result.rendered[0].text)
    raise_failed(result.failed)


def show_written(result: RenderResult, folder: str, changed: list[str]) -> None:
    """Say which files were written; raise BootstrapError if an environment has none."""
    count = len(result.rendered)
    TerminalReporter().step(
        f"{count} environment{'s' * (count != 1)} rendered to {folder}, {len(changed)} changed"
    )
    raise_failed(result.failed)


def raise_failed(failed: Sequence[tuple[str, BootstrapError]]) -> None:
    """Say why environments could not be rendered, and fail if there is one."""
    if len(failed) == 1:
        raise failed[0][1]
    if failed:
        for _name, error in failed:
            print_error(error)
        names = ", ".join(name for name, _error in failed)
        raise BootstrapError(
            f"{len(failed)} environments don't render: {names}", "mend what is named above"
        )
