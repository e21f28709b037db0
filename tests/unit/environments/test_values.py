"""A value of values.yaml is changed and not a byte beside it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.environments.scaffold import starting_values
from bootstrap.environments.values import (
    Value,
    get_value,
    join_key,
    list_values,
    set_value,
    split_key,
)
from bootstrap.errors import BootstrapError
from bootstrap.yaml.loader import load

IMAGE = ("image", "dispatcher")
PATH = "environments/prod/values.yaml"
STARTER = starting_values(
    Environment("prod", "agentsmith-prod", "https://x/y.git", "main", parse_destination(None))
)


def edit(text: str, value: object = "app:2", keys: tuple[str, ...] = IMAGE) -> str:
    return set_value(text, keys, Value(value), path=PATH)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("image:\n  dispatcher: app:1\n", "image:\n  dispatcher: app:2\n"),
        (
            "image:\n  dispatcher: app:1  # why\n\n# end",
            "image:\n  dispatcher: app:2  # why\n\n# end",
        ),
        ("image:\n  dispatcher: 'app:1'\n", "image:\n  dispatcher: 'app:2'\n"),
        ('image:\n  "dispatcher" : "app:1"\n', 'image:\n  "dispatcher" : "app:2"\n'),
        (
            "image:\r\n  dispatcher: app:1 # c\r\n  a: b\r\n",
            "image:\r\n  dispatcher: app:2 # c\r\n  a: b\r\n",
        ),
        ("\ufeffimage:\n  dispatcher: app:1\n", "\ufeffimage:\n  dispatcher: app:2\n"),
        (
            "---\nimage: {agent: a, dispatcher: app:1}\n...\n",
            "---\nimage: {agent: a, dispatcher: app:2}\n...\n",
        ),
        ("image: {dispatcher: 'app:1' , }\n", "image: {dispatcher: 'app:2' , }\n"),
        ("{image: {dispatcher: app:1}}", "{image: {dispatcher: app:2}}"),
        (
            "image:\n  dispatcher:   # none yet\n  agent: a\n",
            "image:\n  dispatcher: app:2   # none yet\n  agent: a\n",
        ),
        ("image:\n  dispatcher: ~\n", "image:\n  dispatcher: app:2\n"),
        ("image:\n  dispatcher: app:1\n   \n  # l\n", "image:\n  dispatcher: app:2\n   \n  # l\n"),
        ("image:\n  dispatcher: app:1", "image:\n  dispatcher: app:2"),
        (
            "a: 'x: 1'\nimage:\n  # dispatcher: app:1\n  dispatcher: app:1\n",
            "a: 'x: 1'\nimage:\n  # dispatcher: app:1\n  dispatcher: app:2\n",
        ),
        ("image:\n  dispatcher: !!str app:1\n", "image:\n  dispatcher: app:2\n"),
        ("image:\n  dispatcher: >-\n    app:1\n", None),
    ],
)
def test_a_value_that_is_there_is_replaced_where_it_stands(before: str, after: str | None):
    if after is None:
        with pytest.raises(BootstrapError, match="written over several lines"):
            edit(before)
        return
    assert edit(before) == after
    assert edit(after) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "image:\n  dispatcher: app:2\n"),
        ("# only a comment\n", "# only a comment\n\nimage:\n  dispatcher: app:2\n"),
        ("a: b\n", "a: b\n\nimage:\n  dispatcher: app:2\n"),
        ("a: b", "a: b\n\nimage:\n  dispatcher: app:2\n"),
        (
            "a:\r\n  b: c\r\n  # d\r\n",
            "a:\r\n  b: c\r\n  # d\r\n\r\nimage:\r\n  dispatcher: app:2\r\n",
        ),
        ("a: b\n...\n", "a: b\nimage:\n  dispatcher: app:2\n...\n"),
        (
            "image:\n    agent: a  # c\n\n# next\nb: c\n",
            "image:\n    agent: a  # c\n    dispatcher: app:2\n\n# next\nb: c\n",
        ),
        ("image:\n  agent: a", "image:\n  agent: a\n  dispatcher: app:2"),
        (
            "image:\n  pullSecrets:\n  - a\n  - {b: c}  # d\nz: 1\n",
            "image:\n  pullSecrets:\n  - a\n  - {b: c}  # d\n  dispatcher: app:2\nz: 1\n",
        ),
        ("image:\n  agent:\nz: 1\n", "image:\n  agent:\n  dispatcher: app:2\nz: 1\n"),
        (
            "image:\n  note: |\n    text\n\nz: 1\n",
            "image:\n  note: |\n    text\n\n  dispatcher: app:2\nz: 1\n",
        ),
        ("image:  # none\nz: 1\n", "image:  # none\n  dispatcher: app:2\nz: 1\n"),
        ("image:", "image:\n  dispatcher: app:2"),
        ("image: null  # none\nz: 1\n", "image: {dispatcher: app:2}  # none\nz: 1\n"),
        ("image: { }\nz: 1\n", "image: {dispatcher: app:2 }\nz: 1\n"),
        ("image: {agent: a}\nz: 1\n", "image: {agent: a, dispatcher: app:2}\nz: 1\n"),
        ("image: {agent: [a]  , }\n", "image: {agent: [a], dispatcher: app:2  , }\n"),
        ("{}\n", "{image: {dispatcher: app:2}}\n"),
    ],
)
def test_a_missing_key_is_added_below_its_parents(before: str, after: str):
    assert edit(before) == after
    assert edit(after) == after


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "image:\n  dispatcher: &x app:1\nb: *x\n",
            f"{PATH}:2: dispatcher has, or is, the YAML anchor x, so a change"
            " would reach further than it says",
        ),
        (
            "a: &x {dispatcher: app:1}\nimage: *x\n",
            f"{PATH}:2: image has, or is, the YAML anchor x, so a change"
            " would reach further than it says",
        ),
        ("image:\n  dispatcher: a\n  dispatcher: b\n", f"{PATH}:3:3: not valid YAML"),
        ("image:\n  dispatcher: a\n---\nb: c\n", f"{PATH}: more than one YAML document"),
        ("image: app:1\n", f"{PATH}: image is not a mapping"),
        ("image: [a]\n", f"{PATH}: image is not a mapping"),
        ("image:\n  dispatcher: [a]\n", f"{PATH}: image.dispatcher is not a single value"),
        ("image:\n  dispatcher: {a: b}\n", f"{PATH}: image.dispatcher is not a single value"),
        ("image: [\n", f"{PATH}:2:1: not valid YAML"),
        ("- a\n", f"{PATH}: expected one YAML mapping"),
        ("? image\n: dispatcher: a\n  agent\n", f"{PATH}:4:1: not valid YAML"),
    ],
)
def test_what_can_not_be_changed_alone_is_refused(text: str, message: str):
    with pytest.raises(BootstrapError) as caught:
        edit(text)
    assert caught.value.message == message


def test_a_merged_key_is_overridden_without_touching_where_it_comes_from():
    before = "base: &b\n  dispatcher: app:1\nimage:\n  <<: *b\n  agent: a\n"
    assert edit(before) == before + "  dispatcher: app:2\n"


@pytest.mark.parametrize("text", ["no", "0123", "1e3", "", "a: b", "# c", "it's", "ü\n", "~", "{x"])
def test_text_that_yaml_would_take_for_more_is_quoted(text: str):
    for before in ("image:\n  dispatcher: x\n", "image: {dispatcher: 'x'}\n"):
        after = edit(before, text)
        assert YAML(typ="safe", pure=True).load(after) == {"image": {"dispatcher": text}}
        assert "'" in after or '"' in after


def test_the_first_values_of_an_environment_change_in_one_line():
    after = edit(STARTER)
    assert after == STARTER.replace("agentsmith-dispatcher:latest", "app:2")
    added = edit(after, "x.example.com", ("ingress", "host"))
    assert added == after.replace("  enabled: false\n", "  enabled: false\n  host: x.example.com\n")


def test_keys_with_dots_are_written_as_helm_writes_them():
    keys = split_key(r"ingress.annotations.example\.com/size")
    assert keys == ("ingress", "annotations", "example.com/size")
    assert join_key(keys) == r"ingress.annotations.example\.com/size"
    assert edit("", "8m", keys) == "ingress:\n  annotations:\n    example.com/size: 8m\n"


def test_values_are_listed_as_they_are_written_and_copied_so():
    text = "a:\n  b: yes  # c\n  'd': 'e'\n  f: 1.50\n  g: {h: ~, i: {}}\n  j: [k]\nl: |\n  m\n"
    assert list_values(text, ("a", "b"), path=PATH) == [(("a", "b"), Value(True, "yes"))]
    assert list_values(text, ("a", "g"), path=PATH) == [
        (("a", "g", "h"), Value(None, "~")),
        (("a", "g", "i"), Value({}, None)),
    ]
    assert list_values(text, ("l",), path=PATH) == [(("l",), Value("m\n", None))]
    with pytest.raises(BootstrapError, match="a list, and only single values"):
        list_values(text, ("a",), path=PATH)
    with pytest.raises(BootstrapError, match=r"does not set x\.y"):
        list_values(text, ("x", "y"), path=PATH)
    ((keys, value),) = list_values(text, ("a", "f"), path=PATH)
    assert set_value("a:\n  f: 1\n", keys, value, path=PATH) == "a:\n  f: 1.50\n"
    assert get_value(text, ("a", "d"), path=PATH) == "e"
    assert get_value(text, ("a", "x", "y"), path=PATH) is None


WORD = st.sampled_from(["a", "image", "'q'", '"r"', "yes", "1", "x y", "k"])
COMMENT = st.sampled_from(["", "  # note", " #", "   "])
GAP = st.sampled_from(["", "\n", "# c\n", "  # deeper\n\n"])


@st.composite
def block(draw: st.DrawFn, depth: int = 0) -> str:
    """A block mapping as people write them."""
    pad = "  " * depth
    keys = draw(st.lists(st.sampled_from(["image", "dispatcher", "a", "b"]), min_size=1, max_size=3,
                         unique=True))  # fmt: skip
    lines = []
    for key in keys:
        kind = draw(st.integers(0, 5 if depth < 2 else 3))
        tail = draw(COMMENT) + "\n" + draw(GAP)
        if kind == 0:
            lines.append(f"{pad}{key}:{tail}")
        elif kind == 1:
            lines.append(f"{pad}{key}: {{{draw(WORD)}: {draw(WORD)}}}{tail}")
        elif kind == 2:
            lines.append(f"{pad}{key}:\n{pad}- {draw(WORD)}{tail}")
        elif kind == 3:
            lines.append(f"{pad}{key}: {draw(WORD)}{tail}")
        else:
            lines.append(f"{pad}{key}:{draw(COMMENT)}\n{draw(block(depth=depth + 1))}")
    return "".join(lines)


@given(
    text=block(),
    keys=st.lists(st.sampled_from(["image", "dispatcher", "a", "new"]), min_size=1, max_size=3),
    value=st.text("ab:/ #'\"{}\n~0.ü", max_size=8) | st.sampled_from([True, None, 3, 1.5]),
    windows=st.booleans(),
)
def test_whatever_is_changed_every_other_byte_and_value_stays(
    text: str, keys: list[str], value: object, windows: bool
):
    text = text.replace("\n", "\r\n") if windows else text
    before = load(text)
    try:
        after = set_value(text, keys, Value(value), path=PATH)
    except BootstrapError as error:
        assert "not a mapping" in error.message or "not a single value" in error.message
        return
    assume(isinstance(before, dict))
    assert load(after) == with_value(before, keys, value)
    head = next((i for i, pair in enumerate(zip(text, after, strict=False)) if len({*pair}) > 1),
                min(len(text), len(after)))  # fmt: skip
    rest_old, rest_new = text[head:][::-1], after[head:][::-1]
    tail = next((i for i, pair in enumerate(zip(rest_old, rest_new, strict=False))
                 if len({*pair}) > 1), min(len(rest_old), len(rest_new)))  # fmt: skip
    cut = text[head : len(text) - tail]
    assert "\n" not in cut, "at most one value went, and no line"
    for comment in ("# note", "# deeper", "# c\n"):
        assert after.count(comment) == text.count(comment)


def with_value(tree: Any, keys: list[str], value: object) -> Any:
    tree = tree if isinstance(tree, dict) else {}
    below = value if len(keys) == 1 else with_value(tree.get(keys[0]), keys[1:], value)
    return {**tree, keys[0]: below}
