"""`bootstrap destroy`: an environment leaves Git in two steps, and with it the cluster.

First its Application goes. Argo CD deletes what it made, and renders the chart once more for the
pre-delete hook, from the environment's folder: so the folder goes only after that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bootstrap.checkout.environments import load_names, load_root
from bootstrap.checkout.ownership import check_if_reachable, check_ours
from bootstrap.checkout.publish import Plan, Published, PublishOptions, publish
from bootstrap.checkout.session import Session
from bootstrap.commands.destroy.deletion import DestroyOptions, see_it_gone, was_never_pushed
from bootstrap.commands.destroy.namespace import NamespaceEnd
from bootstrap.commands.destroy.plan import (
    Found,
    check_branch,
    check_kept,
    find_environment,
    first_plan,
    only_plan,
    second_plan,
)
from bootstrap.environments.environment import Environment
from bootstrap.environments.names import check_environment_name
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.protocols import Reporter


class Next(StrEnum):
    """What is still to be done."""

    PUBLISH_APPLICATION = "publish-application"
    RUN_AGAIN = "run-again"
    PUBLISH_FILES = "publish-files"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class DestroyResult:
    """What was, or in a dry run would be, done."""

    environment: Environment
    steps: tuple[Published, ...]
    next: Next
    namespace: NamespaceEnd | None = None
    """None where the cluster was not looked into."""
    local: tuple[str, ...] = ()
    """Files of the folder that Git does not have: they stay."""
    never_pushed: bool = False
    """Whether Argo CD can't have had it from Git: then all of it goes at once."""

    @property
    def changed(self) -> bool:
        """Whether any file differs."""
        return any(step.changed for step in self.steps)


def destroy(
    name: str,
    options: DestroyOptions,
    session: Session,
    *,
    confirm: Callable[[Environment], None],
) -> DestroyResult:
    """Take environment `name` out of Git as far as that is safe now; with `wait`, to the end.

    Run again, it goes on where it stopped. `confirm` raises if the user does not mean it.
    """
    repository, git, clusters = session.repository, session.git, session.clusters
    reporter = session.reporter
    check_environment_name(name, load_names(repository))
    found = find_environment(name, repository, git)
    environment = found.environment
    check_kept(found, git)
    if options.wait and not clusters.has(environment):
        raise BootstrapError(
            f"{name} runs in another cluster, and --wait is to prove that nothing of it is left",
            "name that cluster's context with --destination-context",
        )
    never = not options.wait and was_never_pushed(environment, repository, git)
    if options.dry_run:
        return _dry_run(found, never, repository, git, reporter)
    if not found.has_application and not found.files and not options.wait:
        return DestroyResult(environment, (), Next.NOTHING)
    if options.wait:
        check_branch(repository, git)
        # out of reach, or of another repository, is to be known before a push
        check_ours(
            load_root(repository), [environment], clusters.argocd(), command="bootstrap destroy"
        )
    elif not never and not options.without_cluster:
        check_if_reachable(environment, repository, clusters, reporter, command="bootstrap destroy")
    confirm(environment)
    publisher = _Publisher(options.publish, repository, git, reporter)
    steps: list[Published] = []
    removal = found.removal
    if never:
        steps.append(publisher.carry_out(lambda: _only_step(found, repository, git)))
        return _end(found, steps, None, options, repository, never_pushed=True)
    if removal is None:
        steps.append(publisher.carry_out(lambda: first_plan(environment)))
        removal = steps[0].commit
        if not options.wait or removal is None:
            following = Next.RUN_AGAIN if steps[0].pushed else Next.PUBLISH_APPLICATION
            return DestroyResult(environment, tuple(steps), following)
    namespace = see_it_gone(found, removal, options, session)
    if found.files:
        steps.append(publisher.carry_out(lambda: _second_step(found, repository, git)))
    return _end(found, steps, namespace, options, repository)


def _end(
    found: Found,
    steps: list[Published],
    namespace: NamespaceEnd | None,
    options: DestroyOptions,
    repository: Repository,
    *,
    never_pushed: bool = False,
) -> DestroyResult:
    """Return the result after the files went, as far as the user asked."""
    done = not steps or steps[-1].pushed or (not found.files and not never_pushed)
    return DestroyResult(
        found.environment,
        tuple(steps),
        Next.NOTHING if done else Next.PUBLISH_FILES,
        namespace,
        tuple(repository.files(found.environment.folder)) if options.publish.branch is None else (),
        never_pushed,
    )


@dataclass(frozen=True, slots=True)
class _Publisher:
    """Carries out a plan as far as the user asked."""

    options: PublishOptions
    repository: Repository
    git: Git
    reporter: Reporter

    def carry_out(self, make_plan: Callable[[], Plan], *, dry_run: bool = False) -> Published:
        with self.repository.lock():
            # made under the lock: what another command wrote while we waited is in it
            plan = make_plan()
            done = publish(
                plan,
                self.options,
                environments=(),
                repository=self.repository,
                git=self.git,
                reporter=self.reporter,
                dry_run=dry_run,
            )
        if done.commit is not None and not dry_run:
            verb = "pushed" if done.pushed else "committed"
            subject = plan.message.partition("\n")[0]
            self.reporter.step(f"{verb} {done.commit[:7]} on {done.branch}: {subject}")
        return done


def _second_step(found: Found, repository: Repository, git: Git) -> Plan:
    """Return the second plan, unless the environment came back while Argo CD was deleting it."""
    environment = found.environment
    if repository.exists(environment.application_path):
        raise BootstrapError(
            f"{environment.application_path} is there again, so the files stay",
            f"`bootstrap destroy {environment.name}` again if it is to go",
        )
    check_kept(found, git)
    return second_plan(found, repository)


def _only_step(found: Found, repository: Repository, git: Git) -> Plan:
    """Return the plan that takes all of it away: there is nothing for Argo CD to delete."""
    check_kept(found, git)
    return only_plan(found, repository)


def _dry_run(
    found: Found, never: bool, repository: Repository, git: Git, reporter: Reporter
) -> DestroyResult:
    plans: list[Callable[[], Plan]] = []
    if never:
        plans.append(lambda: only_plan(found, repository))
    elif found.removal is None:
        plans.append(lambda: first_plan(found.environment))
    if found.files and not never:
        plans.append(lambda: second_plan(found, repository))
    publisher = _Publisher(PublishOptions(), repository, git, reporter)
    steps = tuple(publisher.carry_out(plan, dry_run=True) for plan in plans)
    return DestroyResult(found.environment, steps, Next.NOTHING, never_pushed=never)
