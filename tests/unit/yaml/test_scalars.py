"""Bare text is what sigs.k8s.io/yaml takes it for."""

from __future__ import annotations

import math

import pytest

from bootstrap.yaml.scalars import is_plain_text, may_be_no_text, read_scalar

VALUES: dict[str, object] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "OFF"], False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"], None),
    "0": 0, "-0": 0, "7": 7, "+7": 7, "-7": -7, "1_000": 1000, "1__0_": 10,
    "0644": 420, "-0644": -420, "0o17": 15, "0x1F": 31, "0X1f": 31, "-0x1f": -31, "0b101": 5,
    "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63),
    "18446744073709551615": 2**64 - 1, "18446744073709551616": float(2**64),
    "+18446744073709551615": float(2**64), "08": 8.0, "089": 89.0,
    "1.5": 1.5, "1.": 1.0, ".5": 0.5, "-.5": -0.5, "1e3": 1000.0, "1E-3": 0.001, "1_0.5": 10.5,
    ".inf": math.inf, "+.INF": math.inf, "-.Inf": -math.inf,
}  # fmt: skip
TEXTS = [
    "yEs", "tRue", "nULL", "12:30", "190:20:30", "1:30.5", "2026-01-01", "2026-01-01T10:00:00Z",
    "=", "-", "+", ".", "..", "._5", ".5_0", "_1", "0x", "0xg", "0b2", "0o8", "1e999", "1.2.3",
    "-.inf.", "1 2", "0x1.8p1", "infinity", "nan", "a",
]  # fmt: skip


@pytest.mark.parametrize("text", VALUES)
def test_what_is_a_value_to_kubernetes_is_one(text: str):
    value = VALUES[text]
    kind = {bool: "bool", int: "int", float: "float", type(None): "null"}[type(value)]
    assert read_scalar(text) == (kind, value)
    assert type(read_scalar(text)[1]) is type(value)


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_text_to_kubernetes_is_text(text: str):
    assert read_scalar(text) == ("str", text)


def test_nan_and_merge_have_kinds_of_their_own():
    assert read_scalar("<<") == ("merge", "<<")
    kind, value = read_scalar(".NaN")
    assert kind == "float"
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize("text", [text for text in VALUES if not text.lower().endswith("inf")])
def test_what_is_a_value_to_some_reader_is_never_plain_text(text: str):
    assert may_be_no_text(text)
    assert not is_plain_text(text)


@pytest.mark.parametrize("text", ["a", "a-b.c", "/a/b:c", "https://a.example.com/x", "v1.2"])
def test_words_names_and_urls_are_plain_text(text: str):
    assert is_plain_text(text)


@pytest.mark.parametrize("text", ["a b", "a:", "a#b", "*a", "-a", "\u00fc", "12:30", "2026-01-01"])
def test_what_some_reader_may_stumble_over_is_not_plain_text(text: str):
    assert not is_plain_text(text)
