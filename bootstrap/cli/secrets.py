"""`bootstrap secrets ...`: what is sealed already, value by value, without its file."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.completion import EnvironmentOrAll, EnvironmentOrOnly
from bootstrap.cli.options import (
    Context,
    ControllerNamespace,
    ControllerService,
    DryRun,
    Format,
    Output,
    connect,
    open_repository,
)
from bootstrap.cli.sealing import Env, Sealing, SealScope, sealing
from bootstrap.errors import EXIT_FAILURE

secrets = typer.Typer(
    no_args_is_help=True, help="What is sealed: list, set, remove, rescope and check it."
)

_Key = Annotated[str, typer.Argument(metavar="KEY", help="Key of Agent Smith, in any spelling.")]


@secrets.command("list", epilog="Example: bootstrap secrets list prod")
def list_(environment: EnvironmentOrAll = None, output: Output = Format.TEXT) -> None:
    """Show which keys are sealed, for whom, and which are not.

    No value is shown. For which certificate, a private key tells that lies here and opens the
    value.
    """
    from bootstrap.commands.seal.list import list_sealed
    from bootstrap.views.seal import show_list

    _git, repository = open_repository()
    entries = list_sealed(environment, repository)
    show_list(entries, as_json=output is Format.JSON)


@secrets.command("set", epilog="Example: bootstrap secrets set github-token --env prod")
@sealing
def set_(
    asked: Sealing,
    key: _Key,
    env: Env = None,
    scope: Annotated[
        SealScope | None, typer.Option(help="Which Secret may hold it [default: as it is].")
    ] = None,
) -> None:
    """Seal one value, from a prompt without echo or from a pipe.

    The others stay as they are.
    """
    from bootstrap.checkout.environments import choose_environment
    from bootstrap.checkout.plaintext_files import read_single, require_key
    from bootstrap.views.seal import show_seal

    sealer = asked.sealer(scope)
    environment = choose_environment(sealer.repository, env)
    result = sealer.seal(environment, read_single(require_key(key)))
    show_seal(result, dry_run=asked.dry_run, as_json=asked.as_json)


@secrets.command(epilog="Example: bootstrap secrets remove jira-token jira-email --env prod")
def remove(
    key: Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys to take out.")],
    env: Env = None,
    dry_run: DryRun = False,
    output: Output = Format.TEXT,
) -> None:
    """Take sealed values out. Git's history keeps them, sealed."""
    from bootstrap.checkout.environment_files import load_sealed
    from bootstrap.checkout.environments import choose_environment
    from bootstrap.checkout.plaintext_files import require_key
    from bootstrap.views.seal import show_seal

    sealer = Sealing(dry_run=dry_run).sealer()
    environment = choose_environment(sealer.repository, env)
    known = load_sealed(environment, sealer.repository).encrypted
    result = sealer.remove(environment, [require_key(item, sealed=known) for item in key])
    show_seal(result, dry_run=dry_run, as_json=output is Format.JSON)


@secrets.command(epilog="Example: bootstrap secrets rescope namespace-wide --env prod")
@sealing
def rescope(
    asked: Sealing,
    scope: Annotated[
        SealScope,
        typer.Argument(
            help="Which Secret may hold the values: only this one, any in the namespace, any."
        ),
    ],
    env: Env = None,
) -> None:
    """Seal every value again, in another scope. No plaintext is needed.

    But the environment's private key is: without it, `bootstrap seal FILE --scope SCOPE` with every
    value in FILE.
    """
    from bootstrap.checkout.environments import choose_environment
    from bootstrap.plaintext.input import SecretInput
    from bootstrap.views.seal import show_seal

    sealer = asked.sealer(scope)
    environment = choose_environment(sealer.repository, env)
    result = sealer.seal(environment, SecretInput({}))
    show_seal(result, dry_run=asked.dry_run, as_json=asked.as_json)


@secrets.command(epilog="Example: bootstrap secrets check prod --from-cluster")
def check(
    environment: EnvironmentOrOnly = None,
    from_cluster: Annotated[
        bool, typer.Option("--from-cluster", help="Ask the cluster's controller, too.")
    ] = False,
    context: Context = None,
    controller_namespace: ControllerNamespace = None,
    controller_name: ControllerService = None,
    output: Output = Format.TEXT,
) -> None:
    """Tell whether what is sealed can still be unsealed.

    Nothing is changed. Exit code 1 if something is wrong; what nobody could say is listed.
    """
    from datetime import UTC, datetime

    from bootstrap.checkout.environments import choose_environment, load_environments
    from bootstrap.commands.seal.check import check as run
    from bootstrap.views.seal import show_check

    where = (context, controller_namespace, controller_name)
    asks = from_cluster or any(item is not None for item in where)
    _git, repository = open_repository()
    result = run(
        choose_environment(repository, environment, hint="name one of them"),
        others=load_environments(repository),
        repository=repository,
        now=datetime.now(UTC),
        controller=(lambda: connect(*where).sealing.locate()) if asks else None,
    )
    show_check(result, as_json=output is Format.JSON)
    if not result.ok:
        raise typer.Exit(EXIT_FAILURE)
