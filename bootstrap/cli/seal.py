"""`bootstrap seal`: plaintext in, of one environment or of all."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.completion import complete_environment
from bootstrap.cli.sealing import Sealing, SealScope, sealing
from bootstrap.errors import UsageError

ALL_FILE = "secrets.local.yaml"


@sealing
def seal(
    asked: Sealing,
    file: Annotated[
        str | None,
        typer.Argument(
            help="Plaintext secrets: a `secrets:` block, a .env, a Secret; - reads stdin.",
            show_default=False,
        ),
    ] = None,
    env: Annotated[
        str | None,
        typer.Option(
            help="Environment [default: that of FILE's folder, else the only one].",
            autocompletion=complete_environment,
        ),
    ] = None,
    scope: Annotated[
        SealScope | None,
        typer.Option(
            help="Which Secret may hold the values: only this one, any in the namespace, any"
            " [default: as it is]."
        ),
    ] = None,
    all_environments: Annotated[
        bool, typer.Option("--all", help=f"Seal every environments/*/{ALL_FILE}, all or none.")
    ] = False,
    keep_label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Keep this label of a Secret manifest; may be given again."
        ),
    ] = None,
    keep_annotation: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Keep this annotation, though no controller is known to act on it; may be given"
            " again.",
        ),
    ] = None,
) -> None:
    """Turn plaintext secrets into a SealedSecret, safe to commit.

    Keys that FILE does not hold keep their sealed value; unchanged values keep their ciphertext.
    """
    from bootstrap.sealing.kept_metadata import Names

    if all_environments and (file is not None or env is not None):
        other = "FILE" if file is not None else "--env"
        raise UsageError(f"--all does not go with {other}", f"leave {other} out")
    if file is None and not all_environments:
        raise UsageError(
            "nothing to seal",
            "give FILE (or - for stdin) or --all"
            if scope is None
            else "give FILE or --all; to seal what is there again: `bootstrap secrets rescope`",
        )
    _check_kept("--keep-label", keep_label or [])
    _check_kept("--keep-annotation", keep_annotation or [])
    keep = Names(frozenset(keep_label or []), frozenset(keep_annotation or []))
    sealer = asked.sealer(scope, keep)
    if file is None:
        from bootstrap.checkout.plaintext_files import plaintext_files
        from bootstrap.views.seal import show_seal_all

        results = sealer.seal_all(plaintext_files(sealer.repository, sealer.git, ALL_FILE))
        show_seal_all(results, dry_run=asked.dry_run, as_json=asked.as_json)
        return
    from bootstrap.checkout.environments import choose_environment
    from bootstrap.checkout.plaintext_files import read_plaintext
    from bootstrap.views.seal import show_seal

    environment = choose_environment(sealer.repository, env, file)
    result = sealer.seal(environment, read_plaintext(file))
    show_seal(result, dry_run=asked.dry_run, as_json=asked.as_json)


def _check_kept(option: str, names: list[str]) -> None:
    from bootstrap.sealing.kept_metadata import why_never

    for name in names:
        if reason := why_never(name):
            raise UsageError(f"{option}: {name} is never kept: {reason}", f"leave {option} out")
