"""Labels and annotations of a Secret manifest: what goes into Git, stays there, and never does."""

from __future__ import annotations

import base64
import gzip
import json
from urllib.parse import quote

import pytest

from bootstrap.plaintext.layers import LARGEST
from tests.support.reading import read_yaml
from tests.unit.commands.seal.test_seal import SEALED, encrypted, no_mark, opened, refuse, seal
from tests.unit.plaintext.test_input import MARK
from tests.unit.work_tree import WorkTree

DATA = {"github-token": base64.b64encode(MARK.encode()).decode()}
OBJECT = json.dumps({"apiVersion": "v1", "kind": "Secret", "data": DATA})
PLAIN = json.dumps({"stringData": {"github-token": MARK}})


def packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


APPLIED = {
    "objectset.rio.cattle.io/applied": packed(OBJECT),
    "kubecfg.ksonnet.io/last-applied-configuration": packed(OBJECT),
    "kubectl.kubernetes.io/last-applied-configuration": OBJECT,
    "example.com/last-applied": base64.b64encode(OBJECT.encode()).decode(),
    "example.com/spec": json.dumps(json.dumps(PLAIN)),
    "example.com/state": quote(PLAIN, safe=""),
    "example.com/wrapped": base64.b64encode(packed(PLAIN).encode()).decode(),
}
ACTED_ON = {"argocd.argoproj.io/sync-wave": "1", "reloader.stakater.com/match": "true"}


def secret(
    labels: dict[str, str] | None = None, annotations: dict[str, str] | None = None, **values: str
) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "agentsmith-secrets",
                "labels": labels or {},
                "annotations": annotations or {},
            },
            "stringData": {"github-token": MARK, **values},
        }
    )


def metadata(tree: WorkTree, path: str = SEALED) -> dict[str, dict[str, str]]:
    """Return labels and annotations of the Secret that the file makes."""
    found = read_yaml(tree.read(path))["spec"]["template"]["metadata"]
    return {name: found[name] for name in ("labels", "annotations") if name in found}


def earlier(tree: WorkTree, annotations: dict[str, str]) -> None:
    """Write what an earlier version, or kubeseal, made of a Secret with `annotations`."""
    lines = "".join(f"        {name}: {json.dumps(text)}\n" for name, text in annotations.items())
    tree.write(
        SEALED,
        tree.read(SEALED).replace(
            "    type: Opaque", f"      annotations:\n{lines}    type: Opaque"
        ),
    )


# what is kept, and what is dropped


def test_a_secret_piped_from_a_cluster_brings_no_plaintext_into_git(prod: WorkTree):
    labels = {"app": "smith", "app.kubernetes.io/name": "agentsmith"}
    ended = prod.run("seal", "-", stdin=secret(labels, {**APPLIED, **ACTED_ON}).encode())
    assert (ended.code, no_mark(ended)) == (0, True)
    assert ended.lines[1:4] == [
        "dropped, as no controller is known to act on it: label app; annotations example.com/spec,"
        " example.com/state, example.com/wrapped (--keep-label NAME or --keep-annotation NAME"
        " keeps it)",
        "dropped, as it belongs to the live Secret: annotations example.com/last-applied,"
        " kubecfg.ksonnet.io/last-applied-configuration,"
        " kubectl.kubernetes.io/last-applied-configuration, objectset.rio.cattle.io/applied",
        f"updated: {SEALED}",
    ]
    assert metadata(prod) == {
        "labels": {"app.kubernetes.io/name": "agentsmith"},
        "annotations": ACTED_ON,
    }
    prod.git("add", "--all")
    assert prod.run("check").code == 0


def test_names_are_data_as_well(prod: WorkTree):
    ended = prod.run(
        "seal", "-", "-o", "json",
        stdin=secret({"team": "a"}, {**APPLIED, MARK: "x", "a b": "c"}).encode(),
    )  # fmt: skip
    assert no_mark(ended)
    assert ended.json()["dropped"] == {
        "labels": ["team"],
        "annotations": sorted([*APPLIED, "(a name that is not shown)"]),
    }


def test_what_is_named_is_kept_and_stays_through_every_change(prod: WorkTree):
    text = secret({"team": "a", "app": "b"}, {"example.com/owner": "us", "example.com/x": "y"})
    keep = ("--keep-label", "team", "--keep-annotation", "example.com/owner")
    kept = {"labels": {"team": "a"}, "annotations": {"example.com/owner": "us"}}
    assert seal(prod, text, *keep).lines[1] == (
        "dropped, as no controller is known to act on it: label app; annotation example.com/x"
        " (--keep-label NAME or --keep-annotation NAME keeps it)"
    )
    assert metadata(prod) == kept
    before = prod.snapshot()
    for arguments in (("s.local.yaml",), ("s.local.yaml", *keep)):
        assert prod.run("seal", *arguments).lines[-1] == f"{SEALED} is up to date; nothing changed"
    assert prod.snapshot() == before
    scope = {"sealedsecrets.bitnami.com/namespace-wide": "true"}
    for arguments in (
        ("secrets", "set", "jira-token"),
        ("secrets", "remove", "jira-token"),
        ("keys", "rotate", "prod"),
    ):
        assert prod.run(*arguments, stdin=b"x").code == 0
        assert metadata(prod) == kept
    assert prod.run("secrets", "rescope", "namespace-wide").code == 0
    assert metadata(prod)["annotations"] == {**kept["annotations"], **scope}
    assert seal(prod, secret({}, {"example.com/owner": "them"}), "--scope", "strict").code == 0
    assert metadata(prod) == {**kept, "annotations": {"example.com/owner": "them"}}
    assert opened(prod) == {"github-token": MARK.encode(), "redis-url": b"redis:6379"}


def test_all_environments_name_what_they_drop(prod: WorkTree):
    assert prod.run("init", "staging").code == 0
    for name, labels in (("prod", {"team": "a"}), ("staging", {"app": "b"})):
        prod.write(f"environments/{name}/secrets.local.yaml", secret(labels))
    ended = prod.run("seal", "--all", "--keep-label", "team", "--dry-run")
    assert [line for line in ended.lines if "dropped" in line] == [
        "staging: dropped, as no controller is known to act on it: label app (--keep-label NAME"
        " keeps it)"
    ]
    assert prod.run("seal", "--all", "--keep-label", "none").lines[0] == (
        "error: --keep-label: the manifest has no label none"
    )
    assert prod.run("seal", "--all", "--keep-label", "team").code == 0
    assert metadata(prod) == {"labels": {"team": "a"}}
    assert metadata(prod, "environments/staging/sealed-secret.yaml") == {}


@pytest.mark.parametrize("text", [secret({"app": "b"}), f"githubToken: {MARK}\n"])
def test_a_name_that_the_manifest_lacks_is_an_error(prod: WorkTree, text: str):
    prod.write("s.local.yaml", text)
    for kind in ("label", "annotation"):
        assert refuse(prod, "s.local.yaml", f"--keep-{kind}", "example.com/ownr") == (
            f"--keep-{kind}: the manifest has no {kind} example.com/ownr",
            f"write the name as the manifest has it, or leave --keep-{kind} out",
        )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("objectset.rio.cattle.io/applied",
         "it is the whole Secret, with its values, as a tool applied it"),
        ("argocd.argoproj.io/tracking-id",
         "Argo CD says by it which Application the live Secret belongs to"),
        ("meta.helm.sh/release-name",
         "Helm says by it which release the live Secret belongs to"),
    ],
)  # fmt: skip
def test_what_belongs_to_the_live_secret_is_not_kept_by_name(
    prod: WorkTree, name: str, reason: str
):
    prod.write("s.local.yaml", secret({}, {name: "x"}))
    assert refuse(prod, "s.local.yaml", "--keep-annotation", name, code=2) == (
        f"--keep-annotation: {name} is never kept: {reason}",
        "leave --keep-annotation out",
    )


# what is kept holds no plaintext


@pytest.mark.parametrize("name", sorted(APPLIED))
def test_plaintext_in_what_is_to_be_kept_is_refused(prod: WorkTree, name: str):
    for kept, options in (("app.kubernetes.io/note", ()), ("x/y", ("--keep-annotation", "x/y"))):
        prod.write("s.local.yaml", secret({}, {kept: APPLIED[name]}))
        assert refuse(prod, "s.local.yaml", *options) == (
            f"s.local.yaml: annotation {kept} holds the value of github-token, and would be"
            " committed",
            "take it out of the manifest's metadata",
        )


def test_the_value_of_another_key_that_is_sealed_already_is_plaintext_too(prod: WorkTree):
    assert prod.run("secrets", "set", "jira-token", stdin=b"jira-value-1").code == 0
    prod.write("s.local.yaml", secret({}, {"app.kubernetes.io/note": "was jira-value-1"}))
    assert refuse(prod, "s.local.yaml")[0] == (
        "s.local.yaml: annotation app.kubernetes.io/note holds the value of jira-token, and would"
        " be committed"
    )


def test_a_name_that_is_a_value_is_refused_and_not_shown(prod: WorkTree):
    prod.write("s.local.yaml", secret({f"app.kubernetes.io/{MARK}": "x"}))
    assert refuse(prod, "s.local.yaml")[0] == (
        "s.local.yaml: a label (its name is not shown) holds the value of github-token, and would"
        " be committed"
    )


def test_a_secret_of_another_that_nobody_gave_is_known_by_its_form(prod: WorkTree):
    other = json.dumps({"kind": "Secret", "data": {"a": "b"}})
    prod.write("s.local.yaml", secret({}, {"app.kubernetes.io/note": packed(other)}))
    assert refuse(prod, "s.local.yaml")[0] == (
        "s.local.yaml: annotation app.kubernetes.io/note holds the data of a Secret, and would be"
        " committed"
    )


def test_a_bomb_is_refused_by_name(prod: WorkTree):
    bomb = base64.b64encode(gzip.compress(bytes(LARGEST + 1), mtime=0)).decode()
    prod.write("s.local.yaml", secret({}, {"app.kubernetes.io/note": bomb}))
    assert refuse(prod, "s.local.yaml")[0] == (
        "s.local.yaml: annotation app.kubernetes.io/note unpacks to more than 16 MiB: it was not"
        " searched, and would be committed"
    )


def test_short_values_and_the_address_of_redis_are_in_many_texts(prod: WorkTree):
    text = secret(
        {}, {"app.kubernetes.io/note": "true: redis:6379 of smith"},
        **{"jira-token": "smith", "redis-url": "redis:6379"},
    )  # fmt: skip
    assert seal(prod, text).code == 0
    assert metadata(prod)["annotations"] == {"app.kubernetes.io/note": "true: redis:6379 of smith"}


# manifests of an earlier version

HELD = "holds the data of a Secret"
RIO = "objectset.rio.cattle.io/applied"


@pytest.mark.parametrize(
    "arguments",
    [("seal", "-"), ("secrets", "set", "github-token"), ("secrets", "rescope", "strict"),
     ("secrets", "remove", "jira-token"), ("keys", "rotate", "prod")],
    ids=" ".join,
)  # fmt: skip
def test_whatever_seals_again_takes_plaintext_out_and_says_so(
    prod: WorkTree, arguments: tuple[str, ...]
):
    assert prod.run("seal", "-", stdin=b"jiraToken: x\n").code == 0
    kept = {"example.com/owner": "us"}
    earlier(prod, {RIO: APPLIED[RIO], **kept})
    stdin = b"githubToken: new-value\n" if arguments[-1] == "-" else b"new-value"
    ended = prod.run(*arguments, stdin=stdin)
    assert (ended.code, no_mark(ended)) == (0, True)
    assert [line for line in ended.lines if RIO in line] == [
        f"warning: {SEALED}: annotation {RIO} {HELD}; it is taken out, but Git's history keeps it:"
        " have new secrets issued for those in it"
    ]
    assert metadata(prod) == {"annotations": kept}
    before = prod.read(SEALED)
    if arguments[0] != "keys":
        assert prod.run(*arguments, stdin=stdin).lines[-1].endswith("nothing changed")
        assert prod.read(SEALED) == before


def test_a_value_in_the_metadata_of_the_sealed_secret_itself_is_taken_out(prod: WorkTree):
    earlier(prod, {"example.com/owner": "us"})
    prod.write(SEALED, prod.read(SEALED).replace(
        "metadata:\n", f"metadata:\n  labels:\n    note: {MARK}\n", 1))  # fmt: skip
    ended = prod.run("seal", "-", stdin=f"githubToken: {MARK}\n".encode())
    assert no_mark(ended)
    assert ended.lines[0] == (
        f"warning: {SEALED}: label note holds the value of github-token; it is taken out, but"
        " Git's history keeps it: have new secrets issued for those in it"
    )
    assert MARK not in prod.read(SEALED)
    assert sorted(encrypted(prod)) == ["github-token", "redis-url"]


@pytest.mark.parametrize("staged", [(), ("--staged",)], ids=["all", "staged"])
def test_check_finds_plaintext_that_an_earlier_version_sealed(
    prod: WorkTree, staged: tuple[str, ...]
):
    earlier(prod, APPLIED)
    prod.git("add", "--all")
    ended = prod.run("check", *staged)
    assert (ended.code, no_mark(ended)) == (1, True)
    said = {"example.com/spec": "a value beside a known key",
            "example.com/state": "a value beside a known key",
            "example.com/wrapped": "a value beside a known key"}  # fmt: skip
    first = prod.read(SEALED)[: prod.read(SEALED).index(f"{RIO}:")].count("\n") + 1
    assert [line for line in ended.lines if SEALED in line and "error" not in line] == [
        f"{SEALED}:{first + number}: annotation {name} holds"
        f" {said.get(name, 'the data of a Secret')}"
        for number, name in enumerate(APPLIED)
    ]
    assert ended.lines[-2:] == [
        "error: plaintext in 7 places",
        "  fix: have new secrets issued for those in it, as Git's history keeps it; then"
        " `bootstrap seal FILE --env prod` writes the manifest without it",
    ]


def test_check_looks_for_local_values_in_every_disguise(prod: WorkTree):
    prod.write("secrets.local.yaml", f"githubToken: {MARK}\n")
    earlier(prod, {"example.com/note": packed(packed(f"was {MARK}"))})
    prod.git("add", "--all")
    prod.write("a.txt", MARK)
    prod.git("add", "--all")
    ended = prod.run("check")
    assert no_mark(ended)
    assert ended.lines[0] == "a.txt:1: the value of github-token of secrets.local.yaml"
    assert ended.lines[1].endswith(
        ": annotation example.com/note holds the value of github-token of secrets.local.yaml"
    )
    assert ended.lines[2:] == [
        "error: plaintext in 2 places",
        "  fix: take it out (`git rm --cached FILE` keeps the file); replace every secret that was"
        " ever pushed; in a label or annotation: have new secrets issued for those in it, as Git's"
        " history keeps it; then `bootstrap seal FILE --env prod` writes the manifest without it",
    ]


def test_a_file_that_is_exempt_is_searched_for_known_values_alone(prod: WorkTree):
    prod.write(".gitattributes", "*.yaml -bootstrap-check\n")
    earlier(prod, {"example.com/note": PLAIN, RIO: APPLIED[RIO]})
    prod.git("add", "--all")
    assert prod.run("check").code == 0
    prod.write("secrets.local.yaml", f"githubToken: {MARK}\n")
    ended = prod.run("check", "-o", "json")
    assert [item["what"] for item in ended.json()["findings"]] == [
        f"annotation {name} holds the value of github-token of secrets.local.yaml"
        for name in ("example.com/note", RIO)
    ]


def test_a_sealed_secret_of_somebody_else_is_looked_at_as_well(prod: WorkTree):
    earlier(prod, {RIO: APPLIED[RIO]})
    prod.write("argocd/other.yaml", prod.read(SEALED))
    prod.write(SEALED, "")
    prod.git("add", "--all")
    ended = prod.run("check")
    assert ended.lines[0].startswith("argocd/other.yaml:")
    assert ended.lines[-1] == (
        "  fix: have new secrets issued for those in it, as Git's history keeps it, and take it out"
        " of the file"
    )


def test_doctor_finds_it_and_names_the_command_that_mends_it(prod: WorkTree):
    earlier(prod, {RIO: APPLIED[RIO]})
    prod.git("add", "--all")
    ended = prod.run("doctor", "--offline", "-o", "json")
    (found,) = [item for item in ended.json()["findings"] if item["check"] == "plaintext"]
    assert no_mark(ended)
    assert found["severity"] == "error"
    assert found["what"].endswith(f": annotation {RIO} {HELD}")
    assert found["mend"] == (
        "have new secrets issued for those in it, as Git's history keeps it; then `bootstrap seal"
        " FILE --env prod` writes the manifest without it"
    )


def test_a_dry_run_takes_nothing_out(prod: WorkTree):
    earlier(prod, {RIO: APPLIED[RIO]})
    assert prod.run("seal", "-", "--dry-run", stdin=b"githubToken: x\n").code == 0
    assert RIO in prod.read(SEALED), "a dry run changes nothing"
