"""Fixtures of the fast tests: keys made once, a work tree, none of the user's own set-up."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, settings

from tests.unit.certificates import make_certificate
from tests.unit.work_tree import WorkTree, make_tree

settings.register_profile(
    "fast",
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", settings.get_profile("fast"), max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

_generate = rsa.generate_private_key


@pytest.fixture(scope="session")
def large_key() -> rsa.RSAPrivateKey:
    """An RSA-4096 key, which takes a second to make."""
    return _generate(public_exponent=65537, key_size=4096)


@pytest.fixture(scope="session")
def small_key() -> rsa.RSAPrivateKey:
    """An RSA-2048 key."""
    return _generate(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def isolated(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Hide the user's Git configuration and proxies, and give the same RSA-4096 key every time."""
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    configuration = home / "gitconfig"
    configuration.write_text("[user]\n\tname = Test\n\temail = test@example.com\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("KUBECONFIG", str(home / "no-kubeconfig"))

    def generate(public_exponent: int, key_size: int) -> Any:
        assert (public_exponent, key_size) == (65537, 4096)
        return request.getfixturevalue("large_key")

    monkeypatch.setattr(rsa, "generate_private_key", generate)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each test gets a copy of."""
    variables = {"GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.com"}
    variables |= {name.replace("AUTHOR", "COMMITTER"): text for name, text in variables.items()}
    with pytest.MonkeyPatch.context() as patch:
        for name, text in variables.items():
            patch.setenv(name, text)
        return make_tree(tmp_path_factory.mktemp("template") / "clone")


@pytest.fixture
def tree(
    template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> WorkTree:
    """A clone that a user would run `bootstrap` in."""
    shutil.copytree(template, tmp_path / "clone")
    return WorkTree(tmp_path / "clone", monkeypatch, capsys)


@pytest.fixture
def certificate_file(tmp_path: Path, small_key: rsa.RSAPrivateKey) -> Path:
    """A certificate like the controller's, outside the work tree."""
    file = tmp_path / "controller.pem"
    file.write_text(make_certificate(small_key, like_controller=True))
    return file


@pytest.fixture
def prod(tree: WorkTree) -> WorkTree:
    """A clone with environment prod and a private key of its own."""
    assert tree.run("init", "prod").code == 0
    return tree


@pytest.fixture
def pinned(tree: WorkTree, certificate_file: Path) -> WorkTree:
    """A clone with environment prod, sealed for a controller: no private key here."""
    assert tree.run("init", "prod", "--cert", str(certificate_file)).code == 0
    return tree


@pytest.fixture(scope="session")
def weak_certificate() -> str:
    """A certificate of an RSA-1024 key."""
    return make_certificate(_generate(public_exponent=65537, key_size=1024))
