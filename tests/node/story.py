"""The life of a release under load: changes one after another, each with its requests."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.node import image_set
from tests.node.listing import leftovers
from tests.node.load import RATE, Load, Window
from tests.node.release import Release, digest
from tests.plane.errors import PlaneError
from tests.plane.waiting import wait_for

FIRST_CONFIG = "projects: {}\n"
CONFIG = "projects:\n  changed: {}\n"
AFTER = 40  # requests after a change that only the new pods answer
_PREVIOUS = 0  # for `helm rollback`: the revision before the current one


@dataclass
class Story:
    """What was seen: seconds, requests by step, what each dispatcher told after it, and Redis.

    `redis` is the identity of its pod; `left` the objects that the uninstall left.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    windows: dict[str, Window] = field(default_factory=dict)
    told: dict[str, list[Any]] = field(default_factory=dict)
    redis: dict[str, tuple[str, int]] = field(default_factory=dict)
    warnings: str = ""
    test_output: str = ""
    left: list[str] = field(default_factory=list)

    def note(self, release: Release, step: str) -> None:
        """Keep what the dispatchers tell of themselves after a step, and which Redis runs."""
        self.told[step], self.redis[step] = release.told_by_each(), release.redis()

    def under_load(
        self, release: Release, load: Load, steps: dict[str, Callable[[], None]]
    ) -> None:
        """Take the steps one after another and note what was seen; ends the load."""
        marks = {}
        for step, act in steps.items():
            start = time.monotonic()
            act()
            self.seconds[step] = time.monotonic() - start
            load.more(AFTER)
            marks[step] = start, time.monotonic()
            self.note(release, step)
        load.end()
        self.windows = {step: load.window(*mark) for step, mark in marks.items()}


def tell(release: Release) -> Story:
    """Install, test, change in every way under load, and uninstall."""
    story = Story()
    began = time.monotonic()
    story.warnings = release.install().stderr
    story.seconds["install"] = time.monotonic() - began
    story.test_output = release.test().stdout
    story.note(release, "install")
    with Load(release.node, f"{release.url}/slack/events") as load:
        load.more(AFTER)
        story.under_load(release, load, _steps(release))
    began = time.monotonic()
    release.uninstall()
    story.left = wait_empty(release)
    story.seconds["uninstall"] = time.monotonic() - began
    return story


def without_wait(release: Release) -> Window:
    """Return the requests during a rollout whose old pod ends without the chart's preStop wait.

    The moment in which they fail is short; if none fell into it there is another rollout, thrice.
    """
    release.values["dispatcher"]["preStopSleepSeconds"] = 0
    release.install()
    with Load(release.node, f"{release.url}/slack/events", rate=4 * RATE, slow=10**6) as load:
        load.more(AFTER)
        start = time.monotonic()
        for number in range(3):
            release.change(_config(f"projects: {{}}\nrollout: {number}\n"))
            load.more(AFTER)
            window = load.window(start, time.monotonic())
            if window.failures:
                break
    release.uninstall()
    return window


def wait_empty(release: Release) -> list[str]:
    """Give pods that are ending the time to end; return what is left then."""
    with contextlib.suppress(PlaneError):
        wait_for(
            lambda: not leftovers(release.node.cluster, release.namespace),
            "the namespace to be empty",
            timeout=120,
            interval=1,
        )
    return leftovers(release.node.cluster, release.namespace)


def _steps(release: Release) -> dict[str, Callable[[], None]]:
    return {
        "new tag": lambda: release.change(_tag("v2")),
        "new config": lambda: release.change(_config(CONFIG)),
        "new secret": lambda: release.change(lambda v: v["secrets"].update(slackBotToken="xoxb-2")),
        "rollback": lambda: release.rollback(1),
        "image that ends": lambda: _broken(release),
        "image that is missing": lambda: _missing(release),
    }


def _tag(tag: str) -> Callable[[dict[str, Any]], None]:
    return lambda values: values["image"].update(dispatcher=image_set.dispatcher(tag))


def _config(content: str) -> Callable[[dict[str, Any]], None]:
    return lambda values: values["config"].update(content=content)


def _broken(release: Release) -> None:
    """Upgrade to an image whose process ends, see it restarted, and take it back."""
    assert release.try_change(_tag(image_set.BROKEN)).returncode == 0
    wait_restarted(release)
    release.rollback(_PREVIOUS)


def _missing(release: Release) -> None:
    """Upgrade to an image that no one has, in the way in which Helm takes it back by itself."""
    option = "--rollback-on-failure" if release.helm_major == 4 else "--atomic"
    failed = release.try_change(_tag(image_set.MISSING), option, "--timeout=10s")
    assert failed.returncode != 0, failed.stdout
    release.settle()


def wait_restarted(release: Release) -> None:
    """Wait until the broken process has ended and was started again."""
    wait_for(
        lambda: any(s["restartCount"] > 0 for s in _containers(release, image_set.BROKEN)),
        f"the broken pod in {release.namespace} to be restarted",
        timeout=180,
    )


def wait_without_image(release: Release) -> None:
    """Wait until the kubelet has said that the missing image is missing."""

    def waits() -> bool:
        statuses = _containers(release, image_set.MISSING)
        reasons = {s["state"].get("waiting", {}).get("reason") for s in statuses}
        return bool(reasons & {"ErrImagePull", "ImagePullBackOff"})

    wait_for(waits, f"the pod without an image in {release.namespace}", timeout=180)


def _containers(release: Release, tag: str) -> list[Any]:
    """Return the statuses of the dispatchers whose image is the one of `tag`."""
    image = image_set.dispatcher(tag)
    pods = [
        pod for pod in release.pods("dispatcher") if pod["spec"]["containers"][0]["image"] == image
    ]
    return [status for pod in pods for status in pod["status"].get("containerStatuses", [])]


def expected(step: str) -> tuple[str, str, str]:
    """Return the version, the config and the Slack token (both digests) that hold after a step."""
    version = "v2" if step.startswith("new") else "v1"
    config = CONFIG if step in ("new config", "new secret") else FIRST_CONFIG
    token = "xoxb-2" if step == "new secret" else "xoxb-1"
    return version, digest(config), digest(token)
