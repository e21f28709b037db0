"""Fixtures of the end-to-end tier: one control plane and one Git server for the whole run."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e.loop import remove_everything
from tests.plane.existing import GIT_ADDRESS, KUBECONFIG, existing_cluster
from tests.plane.git_server import GitServer
from tests.plane.plane import Plane
from tests.plane.sealed_secrets import Release
from tests.plane.target import Target
from tests.support.workspace import Workspace, make_workspace

_HERE = Path(__file__).parent
_PLANE = pytest.StashKey[Target]()


# What takes two minutes and more, the longest first: begun last, one of them would be waited for.
_LONG = tuple(
    f"test_{name}.py"
    for name in (
        "up", "keys", "wait", "two_repositories", "one_verdict", "day_two", "seal_scopes",
        "destroy", "broken_push", "loop", "status", "repo",
    )
)  # fmt: skip
assert all((_HERE / name).exists() for name in _LONG)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as `e2e`, and begin with the files that take longest."""
    ours = [item for item in items if _HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.e2e)
    ours.sort(
        key=lambda item: _LONG.index(item.path.name) if item.path.name in _LONG else len(_LONG)
    )
    items[:] = [*(item for item in items if _HERE not in item.path.parents), *ours]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of the servers' logs under a failed test."""
    report = yield
    target = item.config.stash.get(_PLANE, None)
    if report.failed and target is not None:
        report.sections.append(("control plane", target.failure()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests measured, also those that ran in another process."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties if report.when == "call" else ():
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session")
def newest_plane(pytestconfig: pytest.Config) -> Iterator[Target]:
    """The cluster under test: a plane of our own, or the one that the environment names."""
    if existing := existing_cluster():
        pytestconfig.stash[_PLANE] = existing
        yield existing
        return
    own = Plane()
    pytestconfig.stash[_PLANE] = own
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="session")
def plane(newest_plane: Target) -> Target:
    """The cluster under test; a module that takes `each_release` as `plane` has it twice."""
    return newest_plane


@pytest.fixture(scope="module", params=list(Release), ids=lambda release: release.name.lower())
def release(request: pytest.FixtureRequest) -> Release:
    """Each release of sealed-secrets that is tested: the newest, the oldest that is promised."""
    return Release(request.param)


@pytest.fixture(scope="module")
def each_release(
    release: Release, request: pytest.FixtureRequest, pytestconfig: pytest.Config
) -> Iterator[Target]:
    """The cluster under test, then a plane of its own with the oldest sealed-secrets."""
    if release is Release.NEWEST:
        yield request.getfixturevalue("newest_plane")
        return
    if os.environ.get(KUBECONFIG):
        pytest.skip(f"{KUBECONFIG} names a cluster, which has a sealed-secrets of its own")
    usual = pytestconfig.stash.get(_PLANE, None)
    with Plane(release=release) as oldest:
        pytestconfig.stash[_PLANE] = oldest
        yield oldest
    if usual is not None:
        pytestconfig.stash[_PLANE] = usual


@pytest.fixture
def own_plane(request: pytest.FixtureRequest) -> Plane:
    """The plane, for a test that stops, restarts or wipes its servers; else the test is skipped."""
    if os.environ.get(KUBECONFIG):
        pytest.skip(f"{request.node.name} handles the plane's own servers; {KUBECONFIG} is set")
    own = request.getfixturevalue("plane")
    assert isinstance(own, Plane)
    return own


@pytest.fixture(scope="session")
def git_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    """A server of bare repositories over HTTP, open to all."""
    address = os.environ.get(GIT_ADDRESS, "127.0.0.1")
    server = GitServer(tmp_path_factory.mktemp("git-server"), address=address).start()
    yield server
    server.stop()


@pytest.fixture
def unique_name(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Make names (DNS labels, at most 40 characters) that no other test or run uses."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")

    def make(prefix: str = "") -> str:
        return f"{prefix}{words}"[:33].rstrip("-") + f"-{secrets.token_hex(3)}"

    return make


@pytest.fixture
def namespace(plane: Target, unique_name: Callable[[str], str]) -> Iterator[str]:
    """A new namespace, deleted after the test."""
    name = unique_name("")
    plane.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    plane.cluster.delete("v1", "Namespace", name)


@pytest.fixture
def workspace(
    plane: Target, git_server: GitServer, unique_name: Callable[[str], str], tmp_path: Path
) -> Iterator[Workspace]:
    """A fork whose remote is served over HTTP; the cluster is as before when the test is over."""
    url = git_server.create(unique_name(""))
    yield make_workspace(tmp_path, url, {"KUBECONFIG": str(plane.kubeconfig)})
    remove_everything(plane)
