from __future__ import annotations

import json

import pytest

from bootstrap.sealing.digests import (
    Digests,
    compute_digest,
    new_digests,
    parse_digests,
    render_digests,
)

KEY = bytes(range(32))
GIVEN = {
    "fingerprint": "ab" * 32,
    "label": b"ns/agentsmith-secrets",
    "key": "github-token",
    "ciphertext": "AgBy",
    "value": b"hunter2",
}
DAMAGED = [
    None,
    "",
    "{",
    "[]",
    "null",
    "1",
    "[" * 100_000,
    '{"version": 2, "hmacKey": "00", "digests": {}}',
    '{"version": 1, "hmacKey": "zz", "digests": {}}',
    '{"version": 1, "hmacKey": "00", "digests": {}}',
    '{"version": 1, "hmacKey": 5, "digests": {}}',
    '{"version": 1, "hmacKey": "' + "00" * 32 + '", "digests": []}',
    '{"version": 1, "digests": {}}',
]


def test_what_is_remembered_is_read_back():
    digests = Digests(KEY, {"b": "02", "a": "01"})
    text = render_digests(digests)
    assert text == (
        '{\n  "about": "local memory of `bootstrap seal`; never commit, safe to delete",\n'
        '  "version": 1,\n'
        f'  "hmacKey": "{KEY.hex()}",\n'
        '  "digests": {\n    "a": "01",\n    "b": "02"\n  }\n}\n'
    )
    parsed = parse_digests(text)
    assert parsed is not None
    assert (parsed.hmac_key, parsed.by_key) == (KEY, {"a": "01", "b": "02"})


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_memory_is_no_memory(text: str | None):
    assert parse_digests(text) is None


def test_digest_is_a_fixed_vector():
    assert compute_digest(KEY, **GIVEN) == (
        "a1179ef3b9fe6c0ce032fcd468c0a80780d4257c35c86edef2b77e44fb7d12ab"
    )


@pytest.mark.parametrize("part", GIVEN)
def test_another_value_label_key_ciphertext_or_certificate_is_another_digest(part: str):
    one = GIVEN[part]
    other = {**GIVEN, part: one + (b"x" if isinstance(one, bytes) else "x")}
    assert compute_digest(KEY, **other) != compute_digest(KEY, **GIVEN)


def test_parts_cannot_be_shifted_into_each_other():
    moved = {**GIVEN, "ciphertext": GIVEN["ciphertext"] + "h", "value": GIVEN["value"][1:]}
    assert compute_digest(KEY, **moved) != compute_digest(KEY, **GIVEN)


def test_only_the_remembered_digest_matches():
    digests = Digests(KEY, {"a": "01", "b": "schlüssel"})
    assert digests.matches("a", "01")
    assert not digests.matches("a", "02")
    assert not digests.matches("b", "01")
    assert not digests.matches("missing", "01")


def test_new_memory_has_a_key_of_its_own_and_shows_it_nowhere():
    asked: list[int] = []
    digests = new_digests(lambda size: asked.append(size) or KEY)
    assert (digests.hmac_key, digests.by_key, asked) == (KEY, {}, [32])
    assert KEY.hex() not in repr(digests)
    assert new_digests().hmac_key != new_digests().hmac_key
    assert json.loads(render_digests(digests))["digests"] == {}
