"""How the result of `bootstrap destroy` looks, and what comes next."""

from __future__ import annotations

from typing import Any

from bootstrap.checkout.publish import Published
from bootstrap.commands.destroy.destroy import DestroyResult, Next
from bootstrap.commands.destroy.namespace import End, NamespaceEnd
from bootstrap.shell import from_here
from bootstrap.terminal.output import TerminalReporter, print_json
from bootstrap.views.publish import describe_published
from bootstrap.views.words import verb_of

_say = TerminalReporter()


def show_destroy(
    result: DestroyResult, *, dry_run: bool, without_cluster: bool, as_json: bool
) -> None:
    """Show what was removed, what stays and why, and what is to be done next."""
    if as_json:
        print_json(
            {
                "environment": result.environment.name,
                "steps": [describe_published(step, dry_run=dry_run) for step in result.steps],
                "changed": result.changed,
                "next": result.next.value,
                "namespace": _namespace(result.namespace),
                "localFiles": list(result.local),
                "neverPushed": result.never_pushed,
                "dryRun": dry_run,
            }
        )
    for step in result.steps:
        _show_step(step, dry_run)
    if result.never_pushed:
        _say.step(f"{result.environment.name} was never pushed: there is nothing for Argo CD to do")
    elif dry_run:
        _say.step(
            "its folder goes in a second commit, once Argo CD has deleted what it made; --wait does"
            " both"
        )
    if dry_run:
        return
    if result.namespace is not None:
        _show_namespace(result.namespace)
    _show_next(result, " --without-cluster" if without_cluster else "")
    _show_local(result)


def _show_step(step: Published, dry_run: bool) -> None:
    if step.commit is not None and not dry_run:
        return  # a commit was told when it was made
    for change in step.changes:
        if change.action != "unchanged":
            _say.step(f"{verb_of(change.action, dry_run)} {change.path}")


def _show_namespace(namespace: NamespaceEnd) -> None:
    match namespace.end:
        case End.GONE:
            _say.step(f"namespace {namespace.name} is not there")
        case End.DELETED:
            _say.step(f"namespace {namespace.name} is deleted, with all that was in it")
        case End.KEPT:
            _say.step(f"namespace {namespace.name} has nothing of it any more")
            _say.warn(f"namespace {namespace.name} stays: {namespace.reason}")


def _show_next(result: DestroyResult, option: str) -> None:
    name = result.environment.name
    finish = f"bootstrap destroy {name} --push{option}"  # the last on its line, which is copied
    last = result.steps[-1] if result.steps else None
    publish = _how_to_publish(last)
    match result.next:
        case Next.PUBLISH_APPLICATION:
            _say.step(f"next: {publish}")
            _say.step(f"  then, when Argo CD has deleted {name}: {finish}")
        case Next.RUN_AGAIN:
            if last is not None and last.branch and last.pushed:
                _say.step(f"Argo CD deletes {name} once {last.branch} is what its root follows")
            _say.step(f"next, when it has: {finish}")
        case Next.PUBLISH_FILES:
            _say.step(f"next: {publish}")
        case Next.NOTHING:
            _say.step(f"nothing of {name} is left in Git")


def _how_to_publish(step: Published | None) -> str:
    if step is not None and step.commit is not None:
        return f"git push origin {step.branch}"
    folders = from_here("argocd", "environments")
    return f"git add --all {folders} && git commit && git push"


def _show_local(result: DestroyResult) -> None:
    if result.local and result.next in {Next.NOTHING, Next.PUBLISH_FILES}:
        _say.step("stays here, as Git never had it:")
        for path in result.local:
            _say.step(f"  {path}")
        _say.step("older commits are sealed for its key; the controller keeps its copy too")


def _namespace(namespace: NamespaceEnd | None) -> dict[str, Any] | None:
    if namespace is None:
        return None
    return {
        "name": namespace.name,
        "end": namespace.end.value,
        "reason": namespace.reason or None,
        "foreign": list(namespace.foreign),
    }
