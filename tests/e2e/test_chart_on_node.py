"""The chart on a real node: real pods, real requests, Helm 3 and Helm 4.

One node serves the whole module. Its releases live at the same time, each in its own namespace:
a story for each Helm (tests.node.story) and for Argo CD (tests.node.gitops_story), with one and
with two replicas, told once and then looked at by many tests.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.node import image_set
from tests.node.gitops import GitOps
from tests.node.gitops_story import tell_gitops
from tests.node.jobs import JobStory, tell_jobs
from tests.node.load import RATE, Window
from tests.node.machine import REQUIRE, obstacle, required
from tests.node.node import Node
from tests.node.release import Release
from tests.node.status_story import NAMESPACE, SECRET, StatusStory, tell_status
from tests.node.story import AFTER, Story, expected, tell, without_wait

HELMS = ("helm3", "helm4")
ROLLOUTS = ("new tag", "new config", "new secret", "rollback")
BAD_IMAGES = ("image that ends", "image that is missing")
REPLICAS = (1, 2)
releases = pytest.mark.parametrize(
    ("helm", "replicas"), [(helm, replicas) for helm in HELMS for replicas in REPLICAS]
)
synced = pytest.mark.parametrize("replicas", REPLICAS)
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
def argocd(node: Node) -> Iterator[Future[GitOps]]:
    """Argo CD, which starts while the first stories are told."""
    server = GitOps(node)

    def start() -> GitOps:
        server.start()
        return server

    try:
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(start)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def stories(
    node: Node, binaries: dict[str, Path], argocd: object
) -> dict[tuple[str, int], Future[Story]]:
    """The finished stories; one that failed raises its error where its result is asked for."""

    def one(helm: str, replicas: int) -> Story:
        name = f"{helm}-{replicas}"
        helm_binary = binaries[helm]
        with Release(node, helm_binary, name, replicas=replicas, enforce="restricted") as release:
            return tell(release)

    with ThreadPoolExecutor() as pool:
        told = {(h, r): pool.submit(one, h, r) for h in HELMS for r in REPLICAS}
    _print({f"{h}, {r} replica(s)": str_of(future) for (h, r), future in told.items()})
    return told


@dataclass(frozen=True, slots=True)
class Later:
    """What is told after the stories above, which need the node's CPU for themselves."""

    gitops: dict[int, Future[Story]]
    jobs: dict[tuple[str, str], Future[JobStory]]
    no_wait: Future[Window]
    status: Future[StatusStory]


@pytest.fixture(scope="module")
def later(
    node: Node,
    binaries: dict[str, Path],
    argocd: Future[GitOps],
    stories: object,
    tmp_path_factory: pytest.TempPathFactory,
) -> Later:
    """Finished stories of Argo CD, of agent Jobs, and of a rollout without the chart's wait."""

    def gitops(replicas: int) -> Story:
        server = argocd.result()
        name, helm = f"gitops-{replicas}", binaries["helm4"]
        with Release(node, helm, name, replicas=replicas, enforce="baseline") as release:
            return tell_gitops(server, release)

    def jobs(helm: str, job: str) -> JobStory:
        with Release(node, binaries[helm], f"{helm}-{job}", enforce="baseline") as release:
            return tell_jobs(release, "1h" if job == "running" else "1s")

    def no_wait() -> Window:
        with Release(node, binaries["helm4"], "no-wait", enforce="restricted") as release:
            return without_wait(release)

    with ThreadPoolExecutor() as pool, ThreadPoolExecutor(2) as two:
        told = {replicas: pool.submit(gitops, replicas) for replicas in REPLICAS}
        pairs = [(helm, job) for helm in HELMS for job in ("running", "finished")]
        ended = {pair: two.submit(jobs, *pair) for pair in pairs}
        folder = tmp_path_factory.mktemp("status")
        status = pool.submit(lambda: tell_status(argocd.result(), folder))
        finished = Later(told, ended, two.submit(no_wait), status)
    unprotected = finished.no_wait
    _print({
        **{f"Argo CD, {r} replica(s)": str_of(future) for r, future in told.items()},
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


def assert_none_lost(story: Story, step: str) -> None:
    """None failed of enough requests."""
    window = story.windows[step]
    assert window.failures == [], window.lost()
    assert len(window.outcomes) > 0.8 * RATE * window.seconds


def assert_good(story: Story, step: str, replicas: int) -> None:
    """A rollout lost nothing, and in the end only what should did answer."""
    assert_none_lost(story, step)
    window = story.windows[step]
    version, config, token = expected(step)
    last = window.outcomes[-AFTER // 2 :]
    assert {(outcome.version, outcome.config) for outcome in last} == {(version, config)}
    tokens = [told["secrets"]["SLACK_BOT_TOKEN"] for told in story.told[step]]
    assert tokens == [token] * replicas
    # Old and new pods answered while it went on.
    assert len({outcome.pod for outcome in window.outcomes}) == 2 * replicas


def assert_old_serve(story: Story, step: str, replicas: int) -> None:
    """A bad image lost nothing, as the old pods answered all the time."""
    assert_none_lost(story, step)
    outcomes = story.windows[step].outcomes
    assert {outcome.version for outcome in outcomes} == {"v1"}
    assert len({outcome.pod for outcome in outcomes}) == replicas


def assert_one_redis(story: Story) -> None:
    """Redis was the same pod all the time and never restarted."""
    assert set(story.redis) == {"install", *ROLLOUTS, *BAD_IMAGES}
    assert set(story.redis.values()) == {story.redis["install"]}
    assert story.redis["install"][1] == 0


def assert_installed(story: Story, namespace: str, replicas: int) -> None:
    """Every dispatcher has what the chart should give it."""
    assert len(story.told["install"]) == replicas
    for own in story.told["install"]:
        assert (own["version"], own["config"]) == expected("install")[:2]
        assert own["values"]["REDIS_URL"] == "redis:6379"
        assert own["values"]["K8S_NAMESPACE"] == namespace
        assert sorted(own["secrets"]) == [
            "ANTHROPIC_API_KEY",
            "SLACK_BOT_TOKEN",
            "SLACK_SIGNING_SECRET",
        ]


@releases
def test_it_installs_to_running_where_restricted_is_enforced(
    stories: dict[tuple[str, int], Future[Story]], helm: str, replicas: int
) -> None:
    story = stories[helm, replicas].result()
    assert "PodSecurity" not in story.warnings
    assert_installed(story, f"{helm}-{replicas}", replicas)


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
    assert_good(stories[helm, replicas].result(), step, replicas)


@releases
@pytest.mark.parametrize("step", BAD_IMAGES)
def test_a_bad_image_leaves_the_old_pods_serving(
    stories: dict[tuple[str, int], Future[Story]], helm: str, replicas: int, step: str
) -> None:
    assert_old_serve(stories[helm, replicas].result(), step, replicas)


@releases
def test_redis_is_never_restarted(
    stories: dict[tuple[str, int], Future[Story]], helm: str, replicas: int
) -> None:
    assert_one_redis(stories[helm, replicas].result())


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


@synced
def test_argo_cd_installs_with_the_sealed_secret(later: Later, replicas: int) -> None:
    assert_installed(later.gitops[replicas].result(), f"gitops-{replicas}", replicas)


@synced
@pytest.mark.parametrize("step", ROLLOUTS)
def test_under_argo_cd_a_commit_drops_no_request(later: Later, replicas: int, step: str) -> None:
    assert_good(later.gitops[replicas].result(), step, replicas)


@synced
@pytest.mark.parametrize("step", BAD_IMAGES)
def test_under_argo_cd_a_bad_image_leaves_the_old_pods_serving(
    later: Later, replicas: int, step: str
) -> None:
    assert_old_serve(later.gitops[replicas].result(), step, replicas)


@synced
def test_under_argo_cd_redis_is_never_restarted(later: Later, replicas: int) -> None:
    assert_one_redis(later.gitops[replicas].result())


@synced
def test_under_argo_cd_deletion_ends_a_running_job_and_leaves_nothing(
    later: Later, replicas: int
) -> None:
    assert later.gitops[replicas].result().left == []


def test_status_shows_the_last_words_of_a_dispatcher_that_crashes(later: Later) -> None:
    story = later.status.result()
    found = story.status[image_set.BROKEN]
    pod = re.escape("Pod agentsmith-dispatcher-")
    assert (found["state"], found["health"]) == ("stuck", "Progressing")
    assert re.fullmatch(rf"{pod}\S+: container dispatcher crashes: exit code 1", found["message"])
    assert (
        "  log          dispatcher: this version does not start\n" in story.text[image_set.BROKEN]
    )
    assert re.search(
        rf"\nerror: live: {pod}\S+: container dispatcher crashes: exit code 1\n",
        story.waited[image_set.BROKEN],
    )
    assert found["images"] == [image_set.dispatcher(image_set.BROKEN), image_set.REDIS]


def test_status_names_an_image_that_is_missing(later: Later) -> None:
    story = later.status.result()
    found = story.status[image_set.MISSING]
    assert found["state"] == "stuck"
    assert "ImagePull" in found["message"] and image_set.dispatcher("missing") in found["message"]
    assert found["fix"] == (
        "check the image reference in environments/live/values.yaml and the pull secret"
    )
    assert re.search(
        r"\nerror: live: Pod agentsmith-dispatcher-\S+: (ErrImagePull|ImagePullBackOff): ",
        story.waited[image_set.MISSING],
    )


def test_a_mended_environment_is_fine_again_and_goes_without_a_trace(
    node: Node, later: Later
) -> None:
    story = later.status.result()
    for step in ("released", "mended"):
        assert (story.status[step]["state"], story.status[step]["health"]) == ("done", "Healthy")
    assert story.status["mended"]["images"] == [image_set.dispatcher("v2"), image_set.REDIS]
    assert node.cluster.get("v1", "Namespace", NAMESPACE) is None, story.removed
    assert SECRET not in repr(story)


def test_the_client_sees_a_pod_that_goes_without_waiting(later: Later) -> None:
    """The measure itself: without the chart's preStop wait the same client does lose requests."""
    assert later.no_wait.result().failures


def test_network_policies_keep_others_out(node: Node) -> None:
    pytest.skip("NetworkPolicy was NOT tried: no CNI plugin on this node enforces it")
