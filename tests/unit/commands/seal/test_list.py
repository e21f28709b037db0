"""`bootstrap secrets list`: names of keys, and for which certificate each is sealed, if known."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.plaintext.known_keys import SECRET_KEYS
from bootstrap.sealing.certificate import parse_certificate
from tests.unit.certificates import make_certificate, to_pem
from tests.unit.commands.seal.test_seal import CERTIFICATE, SEALED, TWO, encrypted, no_mark, seal
from tests.unit.work_tree import WorkTree

HERE = ("github-token", "jira-email", "redis-url")
MISSING = [key for key in SECRET_KEYS if key not in HERE]


def pinned_by(tree: WorkTree) -> str:
    return parse_certificate(tree.read(CERTIFICATE), source=CERTIFICATE).fingerprint


def test_each_key_is_listed_with_its_certificate_and_the_missing_ones_too(prod: WorkTree):
    seal(prod, TWO)
    before = prod.snapshot()
    ended = prod.run("secrets", "list")
    own = pinned_by(prod)[:16]
    rows = [f"ENVIRONMENT  KEY{' ' * 19}SCOPE   SEALED FOR"]
    rows += [f"prod         {key:20}  strict  {own}" for key in HERE]
    rows += [f"prod         {key:20}  -       not sealed" for key in MISSING]
    assert ended.out.splitlines() == rows
    assert (ended.code, ended.err, no_mark(ended)) == (0, "", True)
    assert prod.snapshot() == before


def test_scripts_get_the_whole_fingerprint_and_no_value(prod: WorkTree):
    seal(prod, TWO)
    (found,) = prod.run("secrets", "list", "prod", "-o", "json").json()["environments"]
    own = pinned_by(prod)
    assert found["certificate"].pop("notAfter").endswith("Z")
    assert found == {
        "environment": "prod",
        "file": SEALED,
        "scope": "strict",
        "certificate": {"sha256": own},
        "sealed": [{"key": key, "sealedFor": own} for key in HERE],
        "missing": MISSING,
    }


def test_without_the_private_key_nobody_says_for_which_certificate(pinned: WorkTree):
    seal(pinned, TWO)
    (found,) = pinned.run("secrets", "list", "-o", "json").json()["environments"]
    assert found["sealed"] == [{"key": key, "sealedFor": None} for key in HERE]
    assert "not known here" in pinned.run("secrets", "list").out


def test_values_for_another_key_that_is_here_for_a_foreign_one_and_a_damaged_one(
    prod: WorkTree, small_key: RSAPrivateKey
):
    seal(prod, TWO)
    prod.write("other.pem", make_certificate(small_key))
    other = parse_certificate(prod.read("other.pem"), source="other.pem").fingerprint
    for key in ("github-token", "jira-token"):
        done = prod.run("secrets", "set", key, "--cert", "other.pem", stdin=b"x")
        assert done.code == 0
    prod.write(SEALED, prod.read(SEALED).replace(encrypted(prod)["redis-url"], "riddle"))
    own = pinned_by(prod)

    def sealed_for() -> dict[str, str | None]:
        (found,) = prod.run("secrets", "list", "-o", "json").json()["environments"]
        return {item["key"]: item["sealedFor"] for item in found["sealed"]}

    expected = {"github-token": None, "jira-email": own, "jira-token": None, "redis-url": None}
    assert sealed_for() == expected
    prod.write(
        "environments/prod/sealing-key-other.local.pem",
        f"# certificate sha256 {other}\n{to_pem(small_key)}",
    )
    assert sealed_for() == {**expected, "github-token": other, "jira-token": other}


def test_every_environment_is_listed_and_what_is_empty_is_not_left_out(
    prod: WorkTree, certificate_file: Path
):
    assert prod.run("init", "eu", "--cert", str(certificate_file)).code == 0
    found = prod.run("secrets", "list", "-o", "json").json()["environments"]
    assert [(item["environment"], item["sealed"], item["missing"]) for item in found] == [
        ("eu", [], list(SECRET_KEYS)),
        ("prod", [], list(SECRET_KEYS)),
    ]
    assert prod.run("secrets", "list", "us").code == 2
