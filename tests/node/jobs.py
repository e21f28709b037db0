"""A release that is uninstalled while the dispatcher's agent Job runs or has run."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.node.release import Release
from tests.node.story import wait_empty
from tests.plane.waiting import wait_for


@dataclass(frozen=True, slots=True)
class JobStory:
    """The Job's id, its state as the dispatcher saw it, its log, and what the uninstall left."""

    job: str
    state: str
    log: str
    left: list[str]
    seconds: float


def make_job(release: Release, duration: str) -> tuple[str, str]:
    """Let the dispatcher make a Job; return its id and the state that was waited for.

    Seconds are waited for until it has "succeeded", more until it is "active".
    """
    job = release.ask(f"/jobs?duration={duration}", post=True)["id"]
    wanted = "succeeded" if duration.endswith("s") else "active"
    wait_for(lambda: release.ask("/jobs")[job] == wanted, f"the Job to be {wanted}")
    return job, wanted


def tell_jobs(release: Release, duration: str) -> JobStory:
    """Install, let the dispatcher make a Job as `make_job` does, and uninstall."""
    release.install()
    job, wanted = make_job(release, duration)
    log = wait_for(lambda: release.ask(f"/jobs/{job}/log")["log"], "the agent's log")
    began = time.monotonic()
    release.uninstall()
    return JobStory(job, wanted, log, wait_empty(release), time.monotonic() - began)
