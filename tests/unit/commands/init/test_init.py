from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml as yaml11
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.argocd.application import render_application, render_root
from bootstrap.argocd.project import render_project
from bootstrap.environments.environment import Destination, Environment, Root, parse_destination
from bootstrap.environments.scaffold import starting_config, starting_values
from bootstrap.sealing.certificate import (
    key_belongs_to,
    parse_certificate,
    parse_private_key,
    render_certificate,
)
from bootstrap.sealing.sealed_secret import SealedSecret, render_sealed_secret
from tests.unit.certificates import make_certificate, to_pem
from tests.unit.http_server import serve
from tests.unit.work_tree import ORIGIN, WorkTree, make_tree

PROD = Environment("prod", "agentsmith-prod", ORIGIN, "main", parse_destination(None))
KEY = "environments/prod/sealing-key.local.pem"
CERTIFICATE = "environments/prod/sealing-cert.pem"
SEALED = "environments/prod/sealed-secret.yaml"
APPLICATION = "argocd/applications/prod.yaml"
FILES = [
    "environments/prod/values.yaml",
    "environments/prod/agentsmith.yml",
    KEY,
    CERTIFICATE,
    SEALED,
    "argocd/project.yaml",
    "argocd/root.yaml",
    APPLICATION,
]
CERT_HINT = "give the PEM certificate of a sealed-secrets controller (`kubeseal --fetch-cert`)"


def made(tree: WorkTree) -> dict[str, str]:
    """Return what lies where init writes."""
    return {
        name: content.decode()
        for name, content in tree.contents().items()
        if name.startswith(("environments/", "argocd/"))
    }


def refuse(tree: WorkTree, *arguments: str, code: int, message: str, hint: str) -> None:
    """Expect one error of two lines, and nothing written."""
    before = tree.snapshot()
    ended = tree.run("init", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert ended.lines[-2:] == [f"error: {message}", f"  fix: {hint}"]
    assert tree.snapshot() == before


def test_first_run_writes_every_file_whole(tree: WorkTree):
    ended = tree.run("init", "prod", folder="helm")
    files = made(tree)
    certificate = parse_certificate(files[CERTIFICATE], source="x")
    assert key_belongs_to(parse_private_key(files.pop(KEY), source="x"), certificate)
    assert files == {
        "environments/prod/values.yaml": starting_values(PROD),
        "environments/prod/agentsmith.yml": starting_config(),
        CERTIFICATE: render_certificate(certificate),
        SEALED: render_sealed_secret(SealedSecret("agentsmith-prod"), SEALED).content,
        "argocd/project.yaml": render_project([PROD], Root(ORIGIN, "main")).content,
        "argocd/root.yaml": render_root(Root(ORIGIN, "main")).content,
        APPLICATION: render_application(PROD).content,
    }
    assert (ended.code, ended.out) == (0, "")
    assert ended.lines[: len(FILES) + 1] == [
        "making a sealing key pair (RSA-4096)",
        *(f"created: {path}" for path in FILES),
    ]
    assert ended.lines[len(FILES) + 1] == f"prod follows main of {ORIGIN}"
    assert ended.lines[len(FILES) + 2] == (
        f"warning: {KEY} is the PRIVATE key of this environment's secrets. It is ignored by Git"
        " and exists only here: copy it to a safe place (a password manager) now"
    )
    assert "PRIVATE KEY-----" not in ended.err


def test_private_key_is_only_the_owner_s_and_git_never_sees_it(prod: WorkTree):
    assert stat.S_IMODE((prod.root / KEY).stat().st_mode) == 0o600
    prod.git("add", "--all")
    staged = prod.git("diff", "--cached", "--name-only").split()
    assert sorted(staged) == sorted(path for path in FILES if path != KEY)
    assert "PRIVATE KEY" not in prod.git("diff", "--cached")


def test_second_run_changes_nothing_and_says_so(prod: WorkTree):
    before = prod.snapshot()
    ended = prod.run("init", "prod")
    assert (ended.code, ended.out, ended.lines) == (
        0,
        "",
        [*(f"unchanged: {path}" for path in FILES[-3:]), "prod is up to date; nothing changed"],
    )
    assert prod.snapshot() == before


def test_two_clones_of_one_key_get_the_same_files(tree: WorkTree, tmp_path: Path):
    certificate = tmp_path / "c.pem"
    tree.run("init", "prod")
    certificate.write_text(tree.read(CERTIFICATE))
    first = made(tree)
    for folder in ("environments", "argocd"):
        shutil.rmtree(tree.root / folder)
    tree.run("init", "prod", "--cert", str(certificate))
    assert made(tree) == {name: text for name, text in first.items() if name != KEY}


OPTIONS = [
    ("--namespace", "agents", {"namespace": "agents"}),
    ("--revision", "v1.0", {"target_revision": "v1.0"}),
    ("--repo-url", "git@github.com:t/a.git", {"repo_url": "git@github.com:t/a.git"}),
    ("--cluster", "edge", {"destination": Destination(name="edge")}),
    ("--cluster", "https://10.0.0.1:6443", {"destination": Destination("https://10.0.0.1:6443")}),
    ("--sync", "manual", {"automated": False}),
]


@pytest.mark.parametrize(("option", "value", "fields"), OPTIONS)
def test_changed_option_changes_only_generated_files_and_stays(
    prod: WorkTree, option: str, value: str, fields: dict[str, object]
):
    for human in FILES[:2]:
        prod.write(human, f"mine: {human}  # with my words\n")
    before = prod.snapshot()
    assert prod.run("init", "prod", option, value).code == 0
    after = prod.snapshot()
    changed = {path for path in after if after[path] != before.get(path)}
    environment = Environment(**{**vars_of(PROD), **fields})
    assert prod.read(APPLICATION) == render_application(environment).content
    url = environment.repo_url
    assert (
        prod.read("argocd/project.yaml") == render_project([environment], Root(url, "main")).content
    )
    assert prod.read("argocd/root.yaml") == render_root(Root(url, "main")).content
    assert APPLICATION in changed
    assert changed <= {APPLICATION, "argocd/project.yaml", "argocd/root.yaml", SEALED}
    assert (SEALED in changed) == ("namespace" in fields)
    # not given again, it stays
    assert prod.run("init", "prod").lines[-1] == "prod is up to date; nothing changed"
    assert prod.snapshot() == after


def vars_of(environment: Environment) -> dict[str, object]:
    return {name: getattr(environment, name) for name in environment.__slots__}


def test_two_environments_share_project_and_root(prod: WorkTree):
    assert prod.run("init", "staging", "--revision", "v2", "--cluster", "edge").code == 0
    staging = Environment("staging", "agentsmith-staging", ORIGIN, "v2", Destination(name="edge"))
    assert (
        prod.read("argocd/project.yaml")
        == render_project([PROD, staging], Root(ORIGIN, "main")).content
    )
    assert prod.read("argocd/root.yaml") == render_root(Root(ORIGIN, "main")).content
    assert prod.read(APPLICATION) == render_application(PROD).content
    assert prod.run("init", "prod").lines[-1] == "prod is up to date; nothing changed"


def test_environment_called_no_is_text_for_argo_cd(tree: WorkTree):
    assert tree.run("init", "no", "--revision", "1e3").code == 0
    application = yaml11.safe_load(tree.read("argocd/applications/no.yaml"))
    assert application["metadata"]["labels"]["agentsmith.dev/environment"] == "no"
    assert application["spec"]["source"]["targetRevision"] == "1e3"


def test_dry_run_shows_what_would_be_and_writes_nothing(tree: WorkTree):
    before = tree.snapshot()
    ended = tree.run("init", "prod", "--dry-run")
    assert ended.code == 0
    assert tree.snapshot() == before
    assert ended.lines[1:] == [
        *(f"would be created: {path}" for path in FILES),
        f"prod follows main of {ORIGIN}",
    ]
    assert f"# {KEY}: private, not shown\n" in ended.out
    assert "PRIVATE" not in ended.out
    assert "PRIVATE" not in ended.err
    added = [line[1:] for line in ended.out.splitlines() if line[:1] == "+" and line[:3] != "+++"]
    shown = [
        render_application(PROD),
        render_root(Root(ORIGIN, "main")),
        render_project([PROD], Root(ORIGIN, "main")),
    ]
    human = starting_values(PROD) + starting_config()
    expected = [
        *human.splitlines(),
        *(line for item in shown for line in item.content.splitlines()),
    ]
    assert set(expected) <= set(added)


def test_json_has_every_fact_and_no_private_key(tree: WorkTree):
    first = tree.run("init", "prod", "-o", "json")
    certificate = parse_certificate(tree.read(CERTIFICATE), source="x")
    expected = {
        "environment": {
            "name": "prod",
            "application": "agentsmith-prod",
            "namespace": "agentsmith-prod",
            "repoURL": ORIGIN,
            "targetRevision": "main",
            "destination": {"server": "https://kubernetes.default.svc"},
            "sync": "auto",
        },
        "certificate": {
            "sha256": certificate.fingerprint,
            "notAfter": certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "files": [{"path": path, "action": "created"} for path in FILES],
        "changed": True,
        "dryRun": False,
    }
    assert first.json() == expected
    second = tree.run("init", "prod", "-o", "json", "--dry-run")
    assert second.json() == {
        **expected,
        "files": [{"path": path, "action": "unchanged"} for path in FILES[-3:]],
        "changed": False,
        "dryRun": True,
    }
    third = tree.run(
        "init", "prod", "-o", "json", "--dry-run", "--sync", "manual", "--cluster", "x"
    )
    assert third.json()["environment"]["destination"] == {"name": "x"}
    assert third.json()["environment"]["sync"] == "manual"


def test_credentials_of_the_remote_never_leave_it(tree: WorkTree):
    tree.git("remote", "set-url", "origin", "https://me:t0ken@github.com/team/app.git")
    ended = tree.run("init", "prod")
    assert ended.lines[0] == (
        "warning: remote origin holds credentials; they were left out."
        " A private repository needs its own in Argo CD"
    )
    assert "t0ken" not in ended.out + ended.err + "".join(made(tree).values())
    assert "repoURL: https://github.com/team/app.git\n" in made(tree)[APPLICATION]
    again = tree.run("init", "prod", "--repo-url", "https://me:t0ken@github.com/o/a", "-o", "json")
    assert again.json()["environment"]["repoURL"] == "https://github.com/o/a"
    assert "t0ken" not in again.out + again.err + "".join(made(tree).values())


# where a certificate comes from


def test_certificate_of_a_controller_from_a_file(pinned: WorkTree, certificate_file: Path):
    certificate = parse_certificate(certificate_file.read_text(), source="x")
    assert pinned.read(CERTIFICATE) == render_certificate(certificate)
    assert sorted(made(pinned)) == sorted(path for path in FILES if path != KEY)
    before = pinned.snapshot()
    assert pinned.run("init", "prod", "--cert", str(certificate_file)).code == 0
    assert pinned.run("init", "prod").code == 0
    assert pinned.snapshot() == before


def test_certificate_of_a_controller_from_a_url(tree: WorkTree, certificate_file: Path):
    with serve({"/v1/cert.pem": (200, certificate_file.read_bytes())}) as url:
        assert tree.run("init", "prod", "--cert", f"{url}/v1/cert.pem").code == 0
    certificate = parse_certificate(certificate_file.read_text(), source="x")
    assert tree.read(CERTIFICATE) == render_certificate(certificate)


def test_certificate_that_can_not_be_used_is_refused(
    tree: WorkTree, tmp_path: Path, small_key: RSAPrivateKey, weak_certificate: str
):
    file = tmp_path / "c.pem"
    expired = datetime.now(UTC) - timedelta(days=1)
    cases = {
        make_certificate(small_key, not_after=expired): (
            f"--cert {file} expired on {expired:%Y-%m-%d}",
            "pin a current one: `bootstrap init ENV --from-cluster` or `--cert FILE`",
        ),
        make_certificate(ec.generate_private_key(ec.SECP256R1())): (
            f"--cert {file} is not an RSA certificate",
            CERT_HINT,
        ),
        weak_certificate: (
            f"--cert {file} has an RSA key of 1024 bits, which is too weak",
            CERT_HINT,
        ),
        to_pem(small_key): (f"--cert {file} holds a private key, not a certificate", CERT_HINT),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n": (
            f"--cert {file} holds a malformed certificate",
            CERT_HINT,
        ),
        "hello": (f"--cert {file} holds no PEM certificate", CERT_HINT),
    }
    for text, (message, hint) in cases.items():
        file.write_text(text)
        refuse(tree, "prod", "--cert", str(file), code=1, message=message, hint=hint)


def test_other_certificate_replaces_one_that_nothing_is_sealed_for(
    prod: WorkTree, certificate_file: Path
):
    key = prod.read(KEY)
    ended = prod.run("init", "prod", "--cert", str(certificate_file))
    certificate = parse_certificate(certificate_file.read_text(), source="x")
    assert prod.read(CERTIFICATE) == render_certificate(certificate)
    assert prod.read(KEY) == key
    assert ended.lines[0] == (
        f"warning: {KEY} is not the key of this certificate; keep it for older commits"
    )


def test_other_certificate_does_not_strand_sealed_values(prod: WorkTree, certificate_file: Path):
    prod.write("s.local.yaml", "githubToken: x\n")
    assert prod.run("seal", "s.local.yaml").code == 0
    refuse(
        prod, "prod", "--cert", str(certificate_file),
        code=1,
        message=f"{SEALED} holds 2 values sealed for another certificate, which would stay behind",
        hint="delete that file, run this again, and seal every value for the new certificate",
    )  # fmt: skip


def test_key_without_its_certificate_gets_a_new_one(prod: WorkTree):
    key = parse_private_key(prod.read(KEY), source="x")
    (prod.root / CERTIFICATE).unlink()
    ended = prod.run("init", "prod")
    certificate = parse_certificate(prod.read(CERTIFICATE), source="x")
    assert ended.lines[0] == f"making a new certificate for {KEY}"
    assert key_belongs_to(key, certificate)
    assert key_belongs_to(parse_private_key(prod.read(KEY), source="x"), certificate)
    assert certificate.fingerprint in prod.read(KEY)
    assert stat.S_IMODE((prod.root / KEY).stat().st_mode) == 0o600


# refusals


def test_folder_outside_a_repository(tree: WorkTree, tmp_path: Path):
    outside = WorkTree(tmp_path / "outside", tree.monkeypatch, tree.capsys)
    outside.root.mkdir()
    refuse(
        outside, "prod",
        code=1,
        message=f"{outside.root} is not in a Git work tree",
        hint="run bootstrap inside your clone of the repository (or `git init` one)",
    )  # fmt: skip


def test_no_remote(tree: WorkTree):
    tree.git("remote", "remove", "origin")
    refuse(
        tree, "prod",
        code=1,
        message="the repository has no remote `origin`, so there is no URL for Argo CD to clone",
        hint="add it with `git remote add origin URL`, or pass --repo-url",
    )  # fmt: skip
    assert tree.run("init", "prod", "--repo-url", ORIGIN).code == 0


def test_remote_that_is_a_path(tree: WorkTree):
    tree.git("remote", "set-url", "origin", "../elsewhere")
    refuse(
        tree, "prod",
        code=1,
        message="remote origin is a path on this machine, which Argo CD can't clone",
        hint="pass --repo-url with the URL that Argo CD reaches the repository at",
    )  # fmt: skip


def test_detached_head(tree: WorkTree):
    tree.git("checkout", "--quiet", "--detach")
    tree.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    refuse(
        tree, "prod",
        code=1,
        message="HEAD is detached, so there is no branch for Argo CD to follow",
        hint="check out a branch, or pass --revision",
    )  # fmt: skip
    assert tree.run("init", "prod", "--revision", "v1").code == 0


def test_no_chart(tree: WorkTree):
    (tree.root / "helm/agentsmith/Chart.yaml").unlink()
    refuse(
        tree, "prod",
        code=1,
        message=f"no chart at helm/agentsmith below {tree.root}",
        hint="run bootstrap in a fork of agentsmith-bootstrap, which has the chart",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Prod"], "environment name 'Prod' is not a DNS label of at most 52 characters"),
        (["../x"], "environment name '../x' is not a DNS label of at most 52 characters"),
        (["root"], "environment name 'root' is taken: agentsmith-root is the root Application"),
        (["p", "--namespace", "A"], "--namespace 'A' is not a DNS label of at most 63 characters"),
        (["p", "--namespace", ""], "--namespace '' is not a DNS label of at most 63 characters"),
        (
            ["p", "--namespace", "kube-system"],
            "--namespace 'kube-system' belongs to the cluster, not to an environment",
        ),
        (["p", "--revision", "a b"], "--revision 'a b' can't be a branch, a tag or a commit"),
        (["p", "--revision", ""], "--revision '' can't be a branch, a tag or a commit"),
        (
            ["p", "--cluster", ""],
            "--cluster is neither an API server URL nor the name of an Argo CD cluster",
        ),
        (["p", "--cert", "x", "--from-cluster"], "--cert and --from-cluster exclude each other"),
        (["p", "--context", "x"], "--context is used only with --from-cluster"),
    ],
)
def test_wrong_usage(tree: WorkTree, arguments: list[str], message: str):
    before = tree.snapshot()
    ended = tree.run("init", *arguments)
    assert (ended.code, ended.out, len(ended.lines)) == (2, "", 2)
    assert ended.lines[0] == f"error: {message}"
    assert ended.lines[1].startswith("  fix: ")
    assert tree.snapshot() == before


@pytest.mark.parametrize("path", [APPLICATION, "argocd/project.yaml", "argocd/root.yaml"])
def test_file_without_our_header_is_not_taken_over(tree: WorkTree, path: str):
    tree.write(path, "kind: Mine\n")
    refuse(
        tree, "prod",
        code=1,
        message=f"{path} exists and was not made by bootstrap; it is left as it is",
        hint="move it away, then run this again",
    )  # fmt: skip


def test_certificate_file_without_our_header_is_not_replaced(
    pinned: WorkTree, small_key: RSAPrivateKey, certificate_file: Path
):
    pinned.write(CERTIFICATE, make_certificate(small_key))
    refuse(
        pinned, "prod", "--cert", str(certificate_file),
        code=1,
        message=f"{CERTIFICATE} exists and was not made by bootstrap; it is left as it is",
        hint="move it away, then run this again",
    )  # fmt: skip


def test_application_of_somebody_else_is_left_alone(prod: WorkTree):
    other = prod.write("argocd/applications/other.yaml", "kind: Mine\n")
    assert prod.run("init", "staging").code == 0
    assert other.read_text() == "kind: Mine\n"
    assert "Mine" not in prod.read("argocd/project.yaml")


def test_namespace_of_another_environment(prod: WorkTree):
    refuse(
        prod, "staging", "--namespace", "agentsmith-prod",
        code=1,
        message="namespace agentsmith-prod belongs to environment prod already",
        hint="give this environment one of its own with --namespace",
    )  # fmt: skip
    # on another cluster it is another namespace
    arguments = ("--namespace", "agentsmith-prod", "--cluster", "edge")
    assert prod.run("init", "staging", *arguments).code == 0


def test_namespace_changed_under_sealed_values(prod: WorkTree):
    prod.write("s.local.yaml", "githubToken: x\n")
    assert prod.run("seal", "s.local.yaml").code == 0
    refuse(
        prod, "prod", "--namespace", "agents",
        code=1,
        message=f"{SEALED}: sealed for namespace agentsmith-prod,"
        " but the environment's namespace is agents",
        hint="run `bootstrap init` with --namespace as it was; or delete the file, run"
        " `bootstrap init` and seal every value again",
    )  # fmt: skip


def test_key_that_git_would_take_is_not_written(tree: WorkTree):
    tree.write(".gitignore", "")
    refuse(
        tree, "prod",
        code=1,
        message=f"{KEY} would not be ignored by Git, and it is a private key",
        hint="add the line *.local.pem to .gitignore, then run this again",
    )  # fmt: skip


@pytest.mark.parametrize("path", ["environments", "environments/prod", "argocd", FILES[-1]])
def test_file_or_folder_in_the_way(tree: WorkTree, path: str):
    if path == FILES[-1]:
        (tree.root / path).mkdir(parents=True)
    else:
        tree.write(path, "in the way")
    before = tree.snapshot()
    ended = tree.run("init", "prod")
    assert ended.code == 1
    assert ended.lines[-2].startswith(f"error: {path.split('/')[0]}")
    assert ended.lines[-1].startswith("  fix: ")
    assert tree.snapshot() == before


def test_read_only_folder(tree: WorkTree, monkeypatch: pytest.MonkeyPatch):
    real = os.mkdir

    def refuse_folder(path, *arguments, **options):
        if str(path).startswith(str(tree.root)):
            raise PermissionError(13, "Permission denied")
        real(path, *arguments, **options)

    monkeypatch.setattr(os, "mkdir", refuse_folder)
    refuse(
        tree, "prod",
        code=1,
        message="environments/prod/values.yaml: permission denied",
        hint="check the file's place, owner and permissions, then run this again",
    )  # fmt: skip


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_read_only_folder_for_a_user_who_is_not_root(tree: WorkTree, certificate_file: Path):
    script = (
        # a dry run first imports all there is: that user may not be let into the environment
        "import contextlib, io, os, sys; from bootstrap.__main__ import run\n"
        "os.chdir(sys.argv[1])\n"
        "redirect = contextlib.redirect_stdout, contextlib.redirect_stderr\n"
        "with redirect[0](io.StringIO()), redirect[1](io.StringIO()):\n"
        "    run([*sys.argv[2:], '--dry-run'])\n"
        "os.seteuid(65534); sys.exit(run(sys.argv[2:]))"
    )
    for path in (certificate_file, *certificate_file.parents):
        if path.parent == path or path == Path("/tmp"):
            break
        path.chmod(0o755)
    before = tree.snapshot()
    done = subprocess.run(
        [sys.executable, "-c", script, tree.root, "init", "prod", "--cert", certificate_file],
        env={**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
             "GIT_CONFIG_VALUE_0": "*"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr.splitlines() == [
        "error: environments/prod/values.yaml: permission denied",
        "  fix: check the file's place, owner and permissions, then run this again",
    ]
    assert done.returncode == 1
    assert tree.snapshot() == before


def test_broken_application_is_refused_with_its_place(prod: WorkTree):
    prod.write(APPLICATION, prod.read(APPLICATION) + "\tbroken: [\n")
    before = prod.snapshot()
    ended = prod.run("init", "prod")
    assert ended.code == 1
    assert ended.lines[-2].startswith(f"error: {APPLICATION}:")
    assert ended.lines[-2].endswith(": not valid YAML")
    assert prod.snapshot() == before


def test_variables_of_a_hook_do_not_lead_us_astray(
    tree: WorkTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    other = make_tree(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    ended = tree.run_process("init", "prod")
    assert ended.code == 0
    assert (tree.root / KEY).is_file()
    assert not (other / "environments").exists()


def test_as_a_process_with_a_key_of_its_own(tree: WorkTree):
    ended = tree.run_process("init", "prod", "-o", "json")
    certificate = parse_certificate(tree.read(CERTIFICATE), source="x")
    assert (ended.code, ended.json()["certificate"]["sha256"]) == (0, certificate.fingerprint)
    assert key_belongs_to(parse_private_key(tree.read(KEY), source="x"), certificate)
    before = tree.snapshot()
    assert tree.run_process("init", "prod").lines[-1] == "prod is up to date; nothing changed"
    assert tree.snapshot() == before
