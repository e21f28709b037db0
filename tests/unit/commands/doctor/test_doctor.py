"""`bootstrap doctor` without a cluster: what may be wrong is found, its cure named."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.argocd.application_file import ApplicationFile
from bootstrap.checkout import environments as project_files
from bootstrap.git import process
from bootstrap.upstream import MOVES
from tests.support.fleet import add_chart
from tests.unit.certificates import make_certificate
from tests.unit.work_tree import Ended, WorkTree

KEY = "environments/prod/sealing-key.local.pem"
CERTIFICATE = "environments/prod/sealing-cert.pem"
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
"""


def found(done: Ended, *severities: str) -> dict[str, str]:
    """Return what was found, by check."""
    wanted = severities or ("warning", "error")
    return {
        item["check"]: item["what"]
        for item in done.json()["findings"]
        if item["severity"] in wanted
    }


@pytest.fixture(autouse=True)
def no_helm(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without Helm."""
    monkeypatch.setenv("BOOTSTRAP_HELM", "no-such-helm")


@pytest.fixture
def sealed(prod: WorkTree) -> WorkTree:
    """A clone with environment prod, sealed and committed."""
    assert prod.run("seal", "-", stdin=b"githubToken: g\n").code == 0
    prod.git("add", "--all")
    prod.git("commit", "--quiet", "--message=Add prod")
    return prod


def test_nothing_is_wrong_with_a_clean_clone(sealed: WorkTree):
    before = sealed.snapshot()

    done = sealed.run("doctor", "--offline", "-o", "json")

    assert (done.code, found(done)) == (0, {})
    assert done.err == "no errors, no warnings\n"
    assert sealed.snapshot() == before
    assert set(found(done, "ok")) >= {
        "files", "git", "plaintext", "private files",
        "prod: keys", "prod: certificate", "prod: sealed",
    }  # fmt: skip


def test_text_says_why_and_how_to_mend(sealed: WorkTree):
    (sealed.root / KEY).chmod(0o644)

    done = sealed.run("doctor", "prod", "--offline")

    assert done.code == 1
    assert (
        f"error    prod: keys: {KEY} has mode 0644: others may read it\n"
        "           why: who holds it can read every secret of the environment\n"
        f"           fix: `chmod 600 {KEY}`\n"
    ) in done.out
    assert done.err == "1 error, no warnings\n"


def _detach(tree: WorkTree) -> None:
    tree.git("checkout", "--quiet", "--detach")


def _edit(tree: WorkTree) -> None:
    tree.write("environments/prod/values.yaml", "a: 1\n")


def _forget_remote(tree: WorkTree) -> None:
    tree.git("remote", "remove", "origin")


def _stop_ignoring(tree: WorkTree) -> None:
    tree.write(".gitignore", "*.local.pem\n.env\n")


def _leak(tree: WorkTree) -> None:
    tree.write("notes.txt", tree.read(KEY))
    tree.git("add", "notes.txt")


def _show_key(tree: WorkTree) -> None:
    tree.write(".gitignore", "*.local.yaml\n*.local.env\n.env\n")


def _lose_project(tree: WorkTree) -> None:
    (tree.root / "argocd/project.yaml").unlink()


@pytest.mark.parametrize(
    ("break_it", "code", "check", "what"),
    [
        (_detach, 0, "git", "HEAD is detached"),
        (_forget_remote, 0, "git", "there is no remote origin"),
        (_edit, 0, "git", "not committed yet: environments/prod/values.yaml"),
        (_stop_ignoring, 1, "private files", "Git would not ignore secrets.local.yaml, secrets"),
        (_leak, 1, "plaintext", "notes.txt:"),
        (_lose_project, 0, "files", "argocd/project.yaml is missing"),
        (_show_key, 1, "prod: keys", f"Git would not ignore {KEY}"),
    ],
)
def test_what_is_broken_is_found(
    break_it: Callable[[WorkTree], None], code: int, check: str, what: str, sealed: WorkTree
):
    break_it(sealed)

    done = sealed.run("doctor", "--offline", "-o", "json")

    assert done.code == code
    assert found(done)[check].startswith(what)


def test_a_value_for_another_namespace_is_found(sealed: WorkTree):
    path = "environments/prod/sealed-secret.yaml"
    other = sealed.root / path
    sealed.run("init", "other")
    sealed.run("seal", "-", "--env", "other", stdin=b"githubToken: g\n")
    key = "environments/other/sealing-key.local.pem"
    sealed.write(key, sealed.read(KEY))
    wrong = sealed.read("environments/other/sealed-secret.yaml")
    other.write_text(wrong.replace("agentsmith-other", "agentsmith-prod"))

    done = sealed.run("doctor", "prod", "--offline", "-o", "json")

    assert done.code == 1
    assert found(done)["prod: sealed"].endswith(
        "github-token, redis-url: it is sealed for namespace agentsmith-other, not agentsmith-prod"
    )


@pytest.mark.parametrize(
    ("days", "code", "severity", "what"),
    [
        (-1, 1, "error", f"{CERTIFICATE} expired on "),
        (12, 0, "warning", f"{CERTIFICATE} expires on "),
        (40, 0, "ok", f"{CERTIFICATE} is valid until "),
    ],
)
def test_a_certificate_is_found_in_time(
    days: int, code: int, severity: str, what: str, sealed: WorkTree, small_key: RSAPrivateKey
):
    end = datetime.now(UTC) + timedelta(days=days, hours=1)
    sealed.write(CERTIFICATE, make_certificate(small_key, not_after=end, like_controller=True))

    done = sealed.run("doctor", "--offline", "-o", "json")

    (item,) = [x for x in done.json()["findings"] if x["check"] == "prod: certificate"]
    assert item["severity"] == severity
    assert item["what"].startswith(what)
    assert "rotate prod" in (item["mend"] or "rotate prod")


def test_nothing_sealed_yet_is_a_warning_that_strict_counts(prod: WorkTree):
    relaxed = prod.run("doctor", "--offline", "-o", "json")
    strict = prod.run("doctor", "--offline", "--strict")

    assert (relaxed.code, strict.code) == (0, 1)
    assert found(relaxed)["prod: sealed"] == (
        "environments/prod/sealed-secret.yaml holds no value yet"
    )


def test_an_installed_hook_is_seen(sealed: WorkTree):
    before = found(sealed.run("doctor", "--offline", "-o", "json"), "info")
    sealed.run("hooks", "install")
    after = found(sealed.run("doctor", "--offline", "-o", "json"), "ok")

    assert before["hook"] == "no hook checks commits for plaintext"
    assert after["hook"] == "each commit is checked for plaintext"


def test_git_is_asked_no_more_often_beside_more_environments(
    sealed: WorkTree, monkeypatch: pytest.MonkeyPatch
):
    started: list[object] = []
    start = subprocess.Popen

    def count(command: list[str], **how: Any) -> subprocess.Popen[str]:
        started.append(command)
        return start(command, **how)

    def ask() -> int:
        started.clear()
        sealed.run("doctor", "--offline")
        return len(started)

    monkeypatch.setenv("BOOTSTRAP_HELM", "/nonexistent/helm")
    monkeypatch.setattr(process.subprocess, "Popen", count)
    assert sealed.run("init", "one").code == 0
    few = ask()
    for name in ("two", "three", "four"):
        assert sealed.run("init", name).code == 0
    assert (ask(), few > 0) == (few, True)


def test_a_machine_without_helm_is_told_what_was_not_checked(sealed: WorkTree):
    done = sealed.run("doctor", "--offline", "-o", "json")

    assert found(done, "info")["chart"].startswith("not checked whether the chart renders: ")


def test_a_values_key_that_the_chart_has_not_is_found_before_the_push(
    sealed: WorkTree, helm4: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BOOTSTRAP_HELM", str(helm4))
    add_chart(sealed.root)
    good = sealed.run("doctor", "prod", "--offline", "-o", "json")
    sealed.write("environments/prod/values.yaml", "dispatcher:\n  replicass: 2\n")
    bad = sealed.run("doctor", "prod", "--offline", "-o", "json")

    assert "prod: chart" in found(good, "ok")
    assert bad.code == 1
    assert found(bad, "error")["prod: chart"].startswith(
        "environments/prod/values.yaml: dispatcher"
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("projects:\n  a: [MARK\nb: c\n", ":3:2: not valid YAML"),
        ("a: MARK\na: MARK\n", ":2:1: not valid YAML"),
        ("MARK\n", ": expected one YAML mapping"),
    ],
)
def test_a_configuration_that_agent_smith_could_not_read_is_found(
    text: str, what: str, sealed: WorkTree
):
    path = "environments/prod/agentsmith.yml"
    good = sealed.run("doctor", "prod", "--offline", "-o", "json")
    sealed.write(path, text)
    bad = sealed.run("doctor", "prod", "--offline", "-o", "json")

    assert found(good, "ok")["prod: configuration"] == f"{path} is valid YAML"
    (item,) = [i for i in bad.json()["findings"] if i["check"] == "prod: configuration"]
    assert (bad.code, item) == (
        1,
        {
            "check": "prod: configuration",
            "severity": "error",
            "what": path + what,
            "why": "a push would roll it out, and Agent Smith could not read it",
            "mend": f"mend the line, or take back what works: `git checkout {path}`, or where it is"
            " committed `bootstrap rollback prod`",
        },
    )
    assert "MARK" not in bad.out + bad.err


def test_a_missing_configuration_is_an_error_and_an_empty_one_a_warning(sealed: WorkTree):
    path = "environments/prod/agentsmith.yml"

    def configuration() -> list[tuple[str, str, str]]:
        done = sealed.run("doctor", "prod", "--offline", "-o", "json").json()
        return [
            (item["severity"], item["what"], item["mend"])
            for item in done["findings"]
            if item["check"] == "prod: configuration"
        ]

    sealed.write(path, "")
    empty = configuration()
    values = sealed.read("environments/prod/values.yaml")
    sealed.write("environments/prod/values.yaml", values + "config:\n  existingConfigMap: mine\n")
    elsewhere = configuration()
    (sealed.root / path).unlink()
    missing = configuration()

    back = f"`git checkout -- {path}`"
    assert empty == [("warning", f"{path} is empty", f"write it, or take it back with {back}")]
    assert elsewhere == []
    assert missing == [
        (
            "error",
            f"{path} is missing",
            f"restore it with {back}, or write a new one with `bootstrap init prod`",
        )
    ]


def test_an_application_changed_by_hand_is_found(sealed: WorkTree):
    path = "argocd/applications/prod.yaml"
    sealed.write(path, sealed.read(path).replace("helm:\n", "helm:\n      skipCrds: true\n"))

    done = sealed.run("doctor", "prod", "--offline", "-o", "json")

    assert found(done, "error")["prod: chart"].startswith(f"{path}: spec.source.helm.skipCrds")


def test_without_a_cluster_the_rest_is_checked(sealed: WorkTree):
    done = sealed.run("doctor", "-o", "json")

    assert done.code == 0
    warnings = found(done)
    assert warnings["cluster"].startswith("no cluster to talk to: ")
    assert warnings["git"].startswith("repository origin can't be read from here")
    assert found(done, "ok")["prod: keys"]


NO_CONTEXT = "the kubeconfig has no context 'wrong'"
NO_ANSWER = "asking for the version of Kubernetes: cluster test does not answer (MaxRetryError)"


@pytest.mark.parametrize(
    ("options", "code", "severity", "what"),
    [
        ([], 0, "warning", NO_ANSWER),
        (["--context", "test"], 1, "error", NO_ANSWER),
        (["--context", "wrong"], 1, "error", NO_CONTEXT),
    ],
)
def test_a_cluster_that_was_named_and_does_not_answer_is_an_error(
    options: list[str],
    code: int,
    severity: str,
    what: str,
    sealed: WorkTree,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    config = tmp_path / "kubeconfig"
    config.write_text(KUBECONFIG)
    place = "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION"
    monkeypatch.setattr(place, str(config))

    done = sealed.run("doctor", *options, "-o", "json")

    assert done.code == code
    assert found(done, severity)["cluster"] == f"{what}; so nothing of it was checked"
    assert found(done, "ok")["prod: keys"]


def test_one_unreadable_environment_does_not_hide_the_others(sealed: WorkTree):
    text = sealed.read("argocd/applications/prod.yaml")
    sealed.write("argocd/applications/stray.yaml", text.split("\n")[0] + "\nspec: {}\n")

    done = sealed.run("doctor", "--offline", "-o", "json")

    assert done.code == 1
    assert "argocd/applications/stray.yaml" in found(done, "error")["environments"]


def test_an_unreadable_environment_does_not_keep_a_named_one_from_being_checked(sealed: WorkTree):
    text = sealed.read("argocd/applications/prod.yaml")
    sealed.write("argocd/applications/stray.yaml", text.split("\n")[0] + "\nspec: {}\n")

    done = sealed.run("doctor", "prod", "--offline", "-o", "json")

    assert done.code == 1
    assert "argocd/applications/stray.yaml" in found(done, "error")["environments"]
    assert "prod: sealed" in found(done, "ok")


@pytest.mark.parametrize(("name", "twice"), [([], []), (["prod"], ["prod"])])
def test_each_environment_is_read_once_however_many_there_are(
    name: list[str],
    twice: list[str],
    sealed: WorkTree,
    certificate_file: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    for other in ("one", "two"):
        assert sealed.run("init", other, "--cert", str(certificate_file)).code == 0
    parse, parsed = project_files.read_application, list[str]()

    def count(text: str, *, name: str, path: str) -> ApplicationFile:
        parsed.append(name)
        return parse(text, name=name, path=path)

    monkeypatch.setattr(project_files, "read_application", count)

    sealed.run("doctor", *name, "--offline")

    assert sorted(parsed) == sorted(["one", "prod", "two", *twice])


def test_an_empty_clone_is_told_to_begin(tree: WorkTree):
    done = tree.run("doctor", "--offline", "-o", "json")

    assert done.code == 0
    assert found(done, "info")["environments"] == "there is no environment yet"


def test_wrong_usage(tree: WorkTree):
    assert tree.run("doctor", "--offline", "--context", "x").code == 2
    assert tree.run("doctor", "nothing").code == 2


def test_addresses_that_answer_no_more_are_errors_with_the_new_ones(sealed: WorkTree):
    old, new = MOVES[0].old, MOVES[0].new.value
    sealed.write("argocd/platform/sealed-secrets.yaml", f"spec:\n  source:\n    repoURL: {old}\n")
    sealed.write("argocd/platform-project.yaml", f"spec:\n  sourceRepos:\n    - {old}\n")
    sealed.write("argocd/platform/mine.yaml", f"spec: {{sources: [{{repoURL: {new}}}]}}\n")

    done = sealed.run("doctor", "--offline", "-o", "json")

    assert done.code == 1
    assert [item for item in done.json()["findings"] if item["check"] == "platform"] == [
        {
            "check": "platform",
            "severity": "error",
            "what": f"{path}:3: {old} answers no more since 2026-06-15",
            "why": "Argo CD can't get the chart from there, so it is neither installed nor"
            " upgraded",
            "mend": f"write {new} there, or let `bootstrap up --install` do it; commit and push",
        }
        for path in ("argocd/platform/sealed-secrets.yaml", "argocd/platform-project.yaml")
    ]
