"""How the result of `bootstrap init` looks."""

from __future__ import annotations

from typing import Any

from bootstrap.checkout.environment_files import KEY_FILE
from bootstrap.commands.init.init import InitResult
from bootstrap.environments.environment import Environment
from bootstrap.files.repository import Repository
from bootstrap.planned_file import PlannedFile
from bootstrap.shell import from_here
from bootstrap.terminal.output import TerminalReporter, print_data, print_json
from bootstrap.views.file_diff import diff_of
from bootstrap.views.words import describe_certificate, verb_of

_say = TerminalReporter()


def show_init(result: InitResult, repository: Repository, *, dry_run: bool, as_json: bool) -> None:
    """Show which files `bootstrap init` wrote, and what comes next."""
    if as_json:
        print_json(
            {
                "environment": _environment(result.environment),
                "certificate": describe_certificate(result.certificate),
                "files": [{"path": item.path, "action": item.action} for item in result.changes],
                "changed": result.changed,
                "dryRun": dry_run,
            }
        )
    elif dry_run:
        for file in result.files:
            print_data(_diff(file, repository.read(file.path)))
    for change in result.changes:
        _say.step(f"{verb_of(change.action, dry_run)} {change.path}")
    if result.is_new:
        environment = result.environment
        _say.step(
            f"{environment.name} follows {environment.target_revision} of {environment.repo_url}"
        )
    if not result.changed:
        _say.step(f"{result.environment.name} is up to date; nothing changed")
    elif not dry_run:
        _say_next(result)


def _say_next(result: InitResult) -> None:
    environment = result.environment
    if result.made_key:
        path = environment.path(KEY_FILE)
        _say.warn(
            f"{path} is the PRIVATE key of this environment's secrets. It is ignored by Git and"
            " exists only here: copy it to a safe place (a password manager) now"
        )
    push = f"git add {from_here('environments', 'argocd')} && git commit && git push"
    steps = [push, f"bootstrap wait {environment.name}"]
    if not result.in_use:
        which = f" --env {environment.name}" if result.others else ""
        steps = [
            "write secrets.local.yaml (docs/examples/secrets.example.yaml shows its form)",
            f"bootstrap seal secrets.local.yaml{which}",
            push,
            f"bootstrap up {environment.name}",
        ]
    _say.step("next:")
    for step in steps:
        _say.step(f"  {step}")


def _environment(environment: Environment) -> dict[str, Any]:
    destination = environment.destination
    return {
        "name": environment.name,
        "application": environment.application,
        "namespace": environment.namespace,
        "repoURL": environment.repo_url,
        "targetRevision": environment.target_revision,
        "destination": {"server": destination.server}
        if destination.server
        else {"name": destination.name},
        "sync": _sync(environment),
    }


def _sync(environment: Environment) -> str:
    if not environment.automated:
        return "manual"
    return "paused" if environment.paused else "auto"


def _diff(file: PlannedFile, present: str | None) -> str:
    if file.private:
        return f"# {file.path}: private, not shown\n"
    return diff_of(file.path, present, file.content)
