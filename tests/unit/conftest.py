"""Fixtures of the fast tests: keys made once, a work tree, none of the user's own set-up."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, settings

from bootstrap.__main__ import run
from tests.unit.certificates import make_certificate
from tests.unit.work_tree import FLEET_ORIGIN, WorkTree, make_tree

settings.register_profile(
    "fast",
    max_examples=300,
    deadline=None,
    derandomize=True,  # one run is like the next; the thorough profile looks further
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "thorough", settings.get_profile("fast"), max_examples=3000, derandomize=False
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

_generate = rsa.generate_private_key

# A process makes the command that it runs, once; thousands of runs in this one need it once, too.
typer.main.get_command = functools.cache(typer.main.get_command)


@pytest.fixture(scope="session")
def large_key() -> rsa.RSAPrivateKey:
    """An RSA-4096 key, which takes a second to make."""
    return _generate(public_exponent=65537, key_size=4096)


@pytest.fixture(scope="session")
def small_key() -> rsa.RSAPrivateKey:
    """An RSA-2048 key."""
    return _generate(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def own_key() -> rsa.RSAPrivateKey:
    """What `init` gets where it asks for RSA-4096: it is opened a thousand times, by hand."""
    return _generate(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def tiny_key() -> rsa.RSAPrivateKey:
    """An RSA-1024 key: too weak to use, and quick where thousands of values are opened by hand."""
    return _generate(public_exponent=65537, key_size=1024)


@pytest.fixture(autouse=True)
def isolated(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Keep the user's set-up out of every test."""
    _isolate(tmp_path_factory, monkeypatch, request)


def _isolate(
    folders: pytest.TempPathFactory, patch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Hide the user's Git configuration and proxies, and give the same key every time."""
    for name in list(os.environ):
        if name.startswith("GIT_") or name.lower().endswith("_proxy"):
            patch.delenv(name)
    home = folders.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    configuration = home / "gitconfig"
    if not configuration.exists():
        # no repository gets the fourteen sample hooks, which each copy of it would have, too
        configuration.write_text(
            "[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\ttemplateDir =\n"
        )
    patch.setenv("HOME", str(home))
    patch.setenv("XDG_CONFIG_HOME", str(home))
    patch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    patch.setenv("KUBECONFIG", str(home / "no-kubeconfig"))

    def generate(public_exponent: int, key_size: int) -> Any:
        assert (public_exponent, key_size) == (65537, 4096)
        return request.getfixturevalue("own_key")

    patch.setattr(rsa, "generate_private_key", generate)
    # no test pulls the plug, and a busy disk would take most of the time of all
    patch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture(scope="session")
def templates(
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
    controller_certificate: str,
) -> Path:
    """Work trees that tests get copies of: an empty one, two with an environment, a fleet."""
    root = tmp_path_factory.mktemp("templates")
    file = root / "controller.pem"
    file.write_text(controller_certificate)
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(io.StringIO()):
        _isolate(tmp_path_factory, patch, request)
        for name, arguments in (("tree", []), ("prod", []), ("pinned", ["--cert", str(file)])):
            patch.chdir(make_tree(root / name))
            if name != "tree":
                assert run(["init", "prod", *arguments]) == 0
        patch.chdir(make_tree(root / "fleet"))
        subprocess.run(["git", "remote", "set-url", "origin", FLEET_ORIGIN], check=True)
        for name in ("prod", "staging"):
            assert run(["init", name, "--cert", str(file)]) == 0
    return root


@pytest.fixture
def tree(
    templates: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> WorkTree:
    """A clone that a user would run `bootstrap` in; that of `prod` or `pinned` if it is one."""
    wanted = [name for name in ("prod", "pinned") if name in request.fixturenames]
    assert len(wanted) < 2, "one tree can't be both"
    shutil.copytree(templates / (wanted or ["tree"])[0], tmp_path / "clone")
    return WorkTree(tmp_path / "clone", monkeypatch, capsys)


@pytest.fixture(scope="session")
def controller_certificate(small_key: rsa.RSAPrivateKey) -> str:
    """A certificate like the controller's, of the small key."""
    return make_certificate(small_key, like_controller=True)


@pytest.fixture
def certificate_file(tmp_path: Path, controller_certificate: str) -> Path:
    """The controller's certificate, outside the work tree."""
    file = tmp_path / "controller.pem"
    file.write_text(controller_certificate)
    return file


@pytest.fixture
def prod(templates: Path, tree: WorkTree) -> WorkTree:
    """A clone with environment prod and a private key of its own."""
    return _with_environment(tree, templates / "prod")


@pytest.fixture
def pinned(templates: Path, tree: WorkTree) -> WorkTree:
    """A clone with environment prod, sealed for a controller: no private key here."""
    return _with_environment(tree, templates / "pinned")


def _with_environment(tree: WorkTree, template: Path) -> WorkTree:
    if not (tree.root / "environments").exists():  # asked for by name, in the middle of a test
        shutil.copytree(template, tree.root, dirs_exist_ok=True)
    return tree


@pytest.fixture(scope="session")
def weak_certificate() -> str:
    """A certificate of an RSA-1024 key."""
    return make_certificate(_generate(public_exponent=65537, key_size=1024))
