"""The chart on a real node: real pods, real requests, Helm 3 and Helm 4.

One node serves the whole module. Its releases live at the same time, each in its own namespace:
a story (tests.node.story) for each Helm and for one and two replicas, told once and then looked at
by many tests.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.node.gitops import GitOps
from tests.node.gitops_story import tell_gitops
from tests.node.jobs import JobStory, tell_jobs
from tests.node.load import RATE, Window
from tests.node.machine import REQUIRE, obstacle, required
from tests.node.node import Node
from tests.node.release import Release
from tests.node.story import AFTER, Story, expected, tell, without_wait

HELMS = ("helm3", "helm4")
ROLLOUTS = ("new tag", "new config", "new secret", "rollback")
GITOPS = (*ROLLOUTS, "image that is missing")
BAD_IMAGES = ("image that ends", "image that is missing")
releases = pytest.mark.parametrize(
    ("helm", "replicas"), [(helm, replicas) for helm in HELMS for replicas in (1, 2)]
)
pytestmark = pytest.mark.xdist_group("node")


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A running node; where there can be none, the tests are skipped or, if required, fail."""
    if reason := obstacle():
        if required():
            pytest.fail(f"{REQUIRE} is set, but this machine can't run a node: {reason}")
        pytest.skip(f"the chart was NOT tried on real pods: {reason}")
    with Node() as running:
        yield running


@pytest.fixture(scope="module")
def binaries(helm3: Path, helm4: Path) -> dict[str, Path]:
    return {"helm3": helm3, "helm4": helm4}


@pytest.fixture(scope="module")
def stories(node: Node, binaries: dict[str, Path]) -> dict[tuple[str, int], Future[Story]]:
    """The finished stories; one that failed raises its error where its result is asked for."""

    def one(helm: str, replicas: int) -> Story:
        name = f"{helm}-{replicas}"
        helm_binary = binaries[helm]
        with Release(node, helm_binary, name, replicas=replicas, enforce="restricted") as release:
            return tell(release)

    with ThreadPoolExecutor() as pool:
        told = {(h, r): pool.submit(one, h, r) for h in HELMS for r in (1, 2)}
    _print({f"{h}, {r} replica(s)": str_of(future) for (h, r), future in told.items()})
    return told


@dataclass(frozen=True, slots=True)
class Later:
    """What is told after the stories above, which need the node's CPU for themselves."""

    gitops: Future[Story]
    jobs: dict[tuple[str, str], Future[JobStory]]
    no_wait: Future[Window]


@pytest.fixture(scope="module")
def later(node: Node, binaries: dict[str, Path], stories: object) -> Later:
    """Finished stories of Argo CD, of agent Jobs, and of a rollout without the chart's wait."""

    def gitops() -> Story:
        server = GitOps(node)
        try:
            server.start()
            with Release(node, binaries["helm4"], "gitops", enforce="baseline") as release:
                return tell_gitops(server, release)
        finally:
            server.stop()

    def jobs(helm: str, job: str) -> JobStory:
        with Release(node, binaries[helm], f"{helm}-{job}", enforce="baseline") as release:
            return tell_jobs(release, "1h" if job == "running" else "1s")

    def no_wait() -> Window:
        with Release(node, binaries["helm4"], "no-wait", enforce="restricted") as release:
            return without_wait(release)

    with ThreadPoolExecutor() as pool, ThreadPoolExecutor(2) as two:
        told = pool.submit(gitops)
        pairs = [(helm, job) for helm in HELMS for job in ("running", "finished")]
        ended = {pair: two.submit(jobs, *pair) for pair in pairs}
        finished = Later(told, ended, two.submit(no_wait))
    unprotected = finished.no_wait
    _print({
        "Argo CD": str_of(told),
        "without the wait": str(unprotected.exception() or unprotected.result()),
    })  # fmt: skip
    return finished


def str_of(future: Future[Story]) -> str:
    if future.exception():
        return "failed"
    story = future.result()
    times = ", ".join(f"{step} {seconds:.0f} s" for step, seconds in story.seconds.items())
    return "\n  ".join([times, *(f"{step}: {w}" for step, w in story.windows.items())])


def _print(found: dict[str, str]) -> None:
    for name, text in found.items():
        print(f"{name}: {text}", file=sys.stderr)


def assert_good(story: Story, step: str) -> None:
    """None failed, enough were sent, and in the end only what should did answer."""
    window = story.windows[step]
    assert window.failures == []
    assert len(window.outcomes) > 0.8 * RATE * window.seconds
    version, config, token = expected(step)
    last = window.outcomes[-AFTER // 2 :]
    assert {(outcome.version, outcome.config) for outcome in last} == {(version, config)}
    assert story.told[step]["secrets"]["SLACK_BOT_TOKEN"] == token


@releases
def test_it_installs_to_running_where_restricted_is_enforced(
    stories: dict[tuple[str, int], Future[Story]], helm: str, replicas: int
) -> None:
    story = stories[helm, replicas].result()
    assert "PodSecurity" not in story.warnings
    own = story.told["install"]
    assert (own["version"], own["config"]) == expected("install")[:2]
    assert own["values"]["REDIS_URL"] == "redis:6379"
    assert own["values"]["K8S_NAMESPACE"] == f"{helm}-{replicas}"
    assert sorted(own["secrets"]) == [
        "ANTHROPIC_API_KEY",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
    ]


@releases
def test_helm_test_passes(
    stories: dict[tuple[str, int], Future[Story]], helm: str, replicas: int
) -> None:
    output = stories[helm, replicas].result().test_output
    assert "Phase:          Succeeded" in output, output


@releases
@pytest.mark.parametrize("step", ROLLOUTS)
def test_a_rollout_drops_no_request(
    stories: dict[tuple[str, int], Future[Story]], helm: str, replicas: int, step: str
) -> None:
    story = stories[helm, replicas].result()
    assert_good(story, step)
    # Old and new pods answered while it went on.
    assert len({outcome.pod for outcome in story.windows[step].outcomes}) == 2 * replicas


@releases
@pytest.mark.parametrize("step", BAD_IMAGES)
def test_a_bad_image_leaves_the_old_pods_serving(
    stories: dict[tuple[str, int], Future[Story]], helm: str, replicas: int, step: str
) -> None:
    window = stories[helm, replicas].result().windows[step]
    assert window.failures == []
    assert len(window.outcomes) > 0.8 * RATE * window.seconds
    assert {outcome.version for outcome in window.outcomes} == {"v1"}
    assert len({outcome.pod for outcome in window.outcomes}) == replicas


@releases
def test_redis_is_never_restarted(
    stories: dict[tuple[str, int], Future[Story]], helm: str, replicas: int
) -> None:
    seen = stories[helm, replicas].result().redis
    assert set(seen) == {"install", *ROLLOUTS, *BAD_IMAGES}
    assert len(set(seen.values())) == 1
    assert seen["install"][1] == 0


@releases
def test_uninstall_leaves_nothing(
    stories: dict[tuple[str, int], Future[Story]], helm: str, replicas: int
) -> None:
    assert stories[helm, replicas].result().left == []


@pytest.mark.parametrize("helm", HELMS)
@pytest.mark.parametrize("job", ["running", "finished"])
def test_uninstall_ends_agent_jobs_and_leaves_nothing(later: Later, helm: str, job: str) -> None:
    story = later.jobs[helm, job].result()
    assert story.state == {"running": "active", "finished": "succeeded"}[job]
    assert f"started {story.job}" in story.log
    assert story.left == []


@pytest.mark.parametrize("step", GITOPS)
def test_under_argo_cd_a_commit_drops_no_request(later: Later, step: str) -> None:
    story = later.gitops.result()
    assert_good(story, step)
    assert set(story.redis.values()) == {story.redis["install"]}
    assert story.redis["install"][1] == 0


def test_under_argo_cd_deletion_ends_a_running_job_and_leaves_nothing(later: Later) -> None:
    assert later.gitops.result().left == []


def test_the_client_sees_a_pod_that_goes_without_waiting(later: Later) -> None:
    """The measure itself: without the chart's preStop wait the same client does lose requests."""
    assert later.no_wait.result().failures


def test_network_policies_keep_others_out(node: Node) -> None:
    pytest.skip("NetworkPolicy was NOT tried: no CNI plugin on this node enforces it")
