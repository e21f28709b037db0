"""What a value was sealed for: found among few places; among many within bounds that are told."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.commands.seal import misplaced as module
from bootstrap.commands.seal.misplaced import Misplaced
from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.sealing.crypto import Scope, encryption_label, seal_value
from bootstrap.sealing.sealed_secret import SealedSecret

HERE = SealedSecret("here")


def others(count: int) -> list[Environment]:
    where = parse_destination(None)
    return [
        Environment(f"env{number}", f"ns{number}", "https://a/b.git", "main", where)
        for number in range(count)
    ]


def sealed_for(key: RSAPrivateKey, namespace: str, scope: Scope = Scope.STRICT) -> str:
    label = encryption_label(scope, namespace=namespace, name=HERE.name)
    return base64.b64encode(seal_value(key.public_key(), b"value", label)).decode()


def test_among_few_each_value_has_its_own_cause(tiny_key: RSAPrivateKey):
    search = Misplaced(tiny_key, HERE, others(20))
    assert [
        search.cause(sealed_for(tiny_key, "ns3")),
        search.cause(sealed_for(tiny_key, "nowhere")),
        search.cause(sealed_for(tiny_key, "ns7", Scope.NAMESPACE_WIDE)),
        search.cause(sealed_for(tiny_key, "here", Scope.NAMESPACE_WIDE)),
    ] == [
        "it is sealed for namespace ns3, not here",
        None,
        "it is sealed for namespace ns7, not here",
        "it is sealed namespace-wide, but the file says strict",
    ]
    assert search.passed_over == ""


def test_among_many_one_value_stands_for_the_others_and_it_is_said(tiny_key: RSAPrivateKey):
    search = Misplaced(tiny_key, HERE, others(21))
    cause = "it is sealed for namespace ns20, not here"
    assert search.cause(sealed_for(tiny_key, "ns20")) == cause
    assert search.cause(sealed_for(tiny_key, "ns20")) == cause
    assert search.cause(sealed_for(tiny_key, "ns3")) is None
    assert search.passed_over == " (21 of 21 other namespaces were tried, with one value)"


def test_so_many_are_tried_and_no_more(tiny_key: RSAPrivateKey, monkeypatch: pytest.MonkeyPatch):
    tried: list[bytes] = []
    monkeypatch.setattr(module, "open_with", lambda _key, _text, label: tried.append(label))
    search = Misplaced(tiny_key, HERE, others(1000))
    for _value in range(11):
        assert search.cause("AAAA") is None
    assert len(tried) == len(Scope) + 2 * 100
    assert search.passed_over == " (100 of 1000 other namespaces were tried, with one value)"
