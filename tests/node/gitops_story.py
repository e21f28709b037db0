"""The life of a release that Argo CD syncs: every change is a commit, the end is a deletion."""

from __future__ import annotations

import time
from collections.abc import Callable

import yaml

from tests.node import gitops, image_set
from tests.node.gitops import GitOps, Repository, application, refresh
from tests.node.jobs import make_job
from tests.node.load import Load
from tests.node.release import Release
from tests.node.story import (
    AFTER,
    CONFIG,
    FIRST_CONFIG,
    Story,
    wait_empty,
    wait_restarted,
    wait_without_image,
)
from tests.plane.argocd import NAMESPACE
from tests.plane.waiting import wait_for

_SECRETS = {
    "slack-bot-token": "xoxb-1",
    "slack-signing-secret": "signing-1",
    "anthropic-api-key": "key-1",
    "redis-url": "redis:6379",
}


class _Environment:
    """An Application, its repository, and the release that it makes."""

    def __init__(self, server: GitOps, release: Release) -> None:
        self.server, self.release, self.name = server, release, release.namespace
        self.repository: Repository = server.repository(self.name)
        self.values = {key: v for key, v in release.values.items() if key not in _OTHER_FILES}

    def first(self) -> None:
        """Make the Application and wait until it is healthy."""
        commit = self.repository.push({
            gitops.VALUES: yaml.safe_dump(self.values),
            gitops.CONFIG: FIRST_CONFIG,
            gitops.SECRET: self.server.seal(self.name, _SECRETS),
        })  # fmt: skip
        cluster = self.release.node.cluster
        cluster.apply(application(self.name, self.repository.url, self.name), NAMESPACE)
        self.healthy(commit)
        wait_for(self.release.told, "the Service to answer")

    def push(self, name: str, text: str) -> None:
        """Push a changed file and wait until it is what runs, alone."""
        self.healthy(self.repository.push({name: text}))
        self.release.settle()

    def tag(self, tag: str) -> str:
        """Return the values with another dispatcher."""
        image = {**self.values["image"], "dispatcher": image_set.dispatcher(tag)}
        return str(yaml.safe_dump({**self.values, "image": image}))

    def roll_back(self) -> None:
        """Revert the three changes in Git."""
        self.healthy(self.repository.revert(3))
        self.release.settle()

    def bad_image(self, tag: str, failed: Callable[[Release], None]) -> None:
        """Push a dispatcher that can't run, wait until it has `failed`, and revert."""
        self.repository.push({gitops.VALUES: self.tag(tag)})
        refresh(self.release.node, self.name)
        failed(self.release)
        self.healthy(self.repository.revert(1))
        self.release.settle()

    def healthy(self, commit: str) -> None:
        """Wait until Argo CD says that the commit is synced and healthy."""
        refresh(self.release.node, self.name)

        def is_healthy() -> bool:
            found = gitops.status(self.release.node, self.name)
            sync, health = found["sync"], found["health"]["status"]
            return (sync["status"], sync.get("revision"), health) == ("Synced", commit, "Healthy")

        wait_for(is_healthy, f"{self.name} at {commit}", timeout=300, interval=0.5)

    def delete(self) -> None:
        """Delete the Application with all it made; Argo CD runs the chart's hook first."""
        node = self.release.node
        node.cluster.delete(*gitops.APPLICATION, self.name, NAMESPACE)
        wait_for(
            lambda: gitops.status(node, self.name) is None, "the Application to go", timeout=300
        )


_OTHER_FILES = ("secrets", "config")  # what `fileParameters` give


def tell_gitops(server: GitOps, release: Release) -> Story:
    """Install, change in every way under load, and delete while an agent Job runs."""
    story, environment = Story(), _Environment(server, release)
    began = time.monotonic()
    environment.first()
    story.seconds["install"] = time.monotonic() - began
    story.note(release, "install")
    with Load(release.node, f"{release.url}/slack/events") as load:
        load.more(AFTER)
        story.under_load(release, load, _steps(environment))
    make_job(release, "1h")
    began = time.monotonic()
    environment.delete()
    story.left = wait_empty(release)
    story.seconds["uninstall"] = time.monotonic() - began
    return story


def _steps(environment: _Environment) -> dict[str, Callable[[], None]]:
    def new_secret() -> None:
        changed = {**_SECRETS, "slack-bot-token": "xoxb-2"}
        environment.push(gitops.SECRET, environment.server.seal(environment.name, changed))

    return {
        "new tag": lambda: environment.push(gitops.VALUES, environment.tag("v2")),
        "new config": lambda: environment.push(gitops.CONFIG, CONFIG),
        "new secret": new_secret,
        "rollback": environment.roll_back,
        "image that ends": lambda: environment.bad_image(image_set.BROKEN, wait_restarted),
        "image that is missing": lambda: environment.bad_image(
            image_set.MISSING, wait_without_image
        ),
    }
