"""docs/architecture.md tells of the code as it is: every room, path and name in it exists."""

from __future__ import annotations

import re
import tomllib

from tests.support.workspace import PROJECT

_PAGE = (PROJECT / "docs/architecture.md").read_text(encoding="utf-8")
_ROOTS = ("bootstrap/", "docs/", "helm/", "tests/")


def _rows(head: str) -> list[list[str]]:
    """Return the cells of the table that begins with the line `head`."""
    lines = _PAGE[_PAGE.index(head) :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def _in_the_folder(folder: str) -> set[str]:
    entries = (PROJECT / folder).iterdir()
    return {
        f"{entry.name}/" if entry.is_dir() else entry.name
        for entry in entries
        if entry.name not in {"__init__.py", "__pycache__"}
    }


def test_the_rooms_are_those_that_there_are():
    rooms = [row[1].strip("`") for row in _rows("| floor | room |")]
    assert sorted(rooms) == sorted(_in_the_folder("bootstrap"))


def test_the_journeys_are_those_that_there_are():
    journeys = {row[0].strip("`") for row in _rows("| journey |")}
    assert journeys == {f"commands/{name}" for name in _in_the_folder("bootstrap/commands")}


def test_the_rooms_stand_in_the_order_of_the_import_contract():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    floors = [set(layer.split(" | ")) for layer in contract["layers"]]
    rooms = [row[1].strip("`").removesuffix("/") for row in _rows("| floor | room |")]
    told = [
        next(i for i, floor in enumerate(floors) if r.removesuffix(".py") in floor) for r in rooms
    ]
    assert told == sorted(told)
    assert len(rooms) == sum(map(len, floors))


def test_every_path_on_the_page_exists():
    paths = {text for text in re.findall(r"`([^`\s]+)`", _PAGE) if text.startswith(_ROOTS)}
    assert len(paths) > 30
    assert {path for path in paths if not (PROJECT / path).exists()} == set()


def test_every_name_on_the_page_is_where_it_is_said_to_be():
    named = re.findall(r"`([\w.]+)`(?: \()? ?in\s+`([^`]+\.\w+)`", _PAGE)
    assert len(named) > 10
    missing = {
        (name, path)
        for name, path in named
        if not re.search(rf"\b{re.escape(name)}\b", (PROJECT / path).read_text(encoding="utf-8"))
    }
    assert missing == set()


def test_every_option_of_a_step_is_a_name_in_the_file_that_the_step_is_about():
    steps = re.findall(r"^\d\. `(bootstrap/[^`]+\.py)`: ((?:.|\n   )*)", _PAGE, re.M)
    assert [path for path, _words in steps] == ["bootstrap/argocd/webhook_providers.py"]
    for path, words in steps:
        source = (PROJECT / path).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", words):
            assert re.search(rf"\b{name}\b", source), (path, name)


def test_of_the_kubernetes_client_nothing_typed_is_imported():
    """Its APIs and models take most of a second to load; objects go by path, as JSON."""
    wanted = {
        "from kubernetes import config",
        "from kubernetes.client import ApiException",
    }
    found = {
        line.strip()
        for file in (PROJECT / "bootstrap").rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s*(from|import) kubernetes\b", line)
    }
    assert found == wanted
