from __future__ import annotations

import base64
import gzip
import json

import pytest

from bootstrap.plaintext.local_secrets import LocalValue
from bootstrap.plaintext.metadata import MetadataSearch
from bootstrap.plaintext.sealed_files import find_in_sealed

MARK = "MARKED-s3cret-value"
APPLIED = base64.b64encode(
    gzip.compress(json.dumps({"kind": "Secret", "data": {"a": "TUFSS0VE"}}).encode(), mtime=0)
).decode()
SAID = "annotation objectset.rio.cattle.io/applied holds the data of a Secret"
YAML = f"""\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: x
spec:
  encryptedData:
    github-token: AgB1abc
  template:
    metadata:
      annotations:
        argocd.argoproj.io/sync-wave: "1"
        objectset.rio.cattle.io/applied: {APPLIED}
      labels: {{team: smith}}
"""


def found(text: str, path: str = "a/sealed.yaml", values: tuple[LocalValue, ...] = ()):
    search = MetadataSearch(values)
    return [
        (item.line, item.what, known)
        for item, known in find_in_sealed(path, text.encode(), search)
        if item.path == path and item.in_metadata
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (YAML, 12),
        (YAML.replace(f" {APPLIED}", f" >-\n          {APPLIED}"), 12),
        (YAML.replace(": {team: smith}", ":\n        team: smith"), 12),
        (f"kind: Job\n---\n{YAML}---\nkind: Job\n", 14),
        ("kind: List\nitems:\n- " + YAML.replace("\n", "\n  "), 14),
        (f"<<<<<<< ours\n{YAML}=======\n>>>>>>> theirs\n", 13),
        (f"{{{{ if x }}}}\n{YAML.replace(f' {APPLIED}', f' |{chr(10)}          {APPLIED}')}", 13),
        (YAML.replace("\n", "\r\n"), 12),
    ],
    ids=["plain", "folded", "block", "second document", "list", "conflict", "chart", "CRLF"],
)
def test_plaintext_beside_what_is_sealed_is_found_at_its_line(text: str, line: int):
    assert found(text) == [(line, SAID, False)]


def test_json_is_read_as_well():
    manifest = {
        "kind": "SealedSecret",
        "metadata": {"annotations": {"example.com/a": f"x {MARK}"}},
        "spec": {"template": {"metadata": {"labels": {"b": MARK}, "annotations": None}}},
    }
    values = (LocalValue("github-token of .env", MARK.encode()),)
    assert found(json.dumps(manifest, indent=2), "a.json", values) == [
        (5, "annotation example.com/a holds the value of github-token of .env", True),
        (12, "label b holds the value of github-token of .env", True),
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (YAML, "notes.md"),
        (YAML.replace("SealedSecret", "Secret"), "a.yaml"),
        (YAML.replace(APPLIED, '""'), "a.yaml"),
        (YAML.replace("objectset.rio.cattle.io/applied", "a").replace(APPLIED, "b"), "a.yaml"),
        ("kind: SealedSecret\nmetadata: [labels]\nspec: annotations\n", "a.yaml"),
        ("kind: SealedSecret\nmetadata: {labels: []}\nspec: {template: 1}\n", "a.yaml"),
        ("SealedSecret annotations\n", "a.yaml"),
    ],
)
def test_nothing_else_is_found(text: str, path: str):
    assert found(text, path) == []
