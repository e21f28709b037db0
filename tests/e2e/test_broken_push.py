"""Three pushes that break an environment: predicted, explained by file, and mended by rollback."""

from __future__ import annotations

from dataclasses import dataclass

from tests.e2e.loop import Live
from tests.plane.target import Target
from tests.support.workspace import Workspace
from tests.tools.build import ensure

_VALUES = "environments/prod/values.yaml"
_SEALED = "environments/prod/sealed-secret.yaml"


@dataclass(frozen=True)
class _Broken:
    """What a push breaks: the file, and words that every command says of it."""

    file: str
    text: str
    words: str
    rollback: tuple[str, ...] = ()


def test_a_broken_push_is_predicted_explained_by_its_file_and_mended_by_rollback(
    plane: Target, workspace: Workspace
) -> None:
    workspace.environment["BOOTSTRAP_HELM"] = str(ensure("helm4")["helm4"])  # type: ignore[index]
    for name in ("prod", "other"):
        workspace.bootstrap("init", name)
        workspace.bootstrap("seal", "-", "--env", name, input="githubToken: a-hidden-token\n")
    # the key of `other` is not the controller's either: `up prod` gives it only that of prod
    foreign = workspace.read("environments/other/sealed-secret.yaml")
    workspace.push("Add environments")
    workspace.bootstrap("up", "prod")
    live = Live(plane, "prod", "agentsmith-prod")
    secret = live.secret()

    for broken in (
        _Broken(_VALUES, "dispatcher:\n  replicass: 2\n", "replicass"),
        _Broken(
            _VALUES,
            "dispatcher:\n  terminationGracePeriodSeconds: 20\n",
            "terminationGracePeriodSeconds is 20, but must be at least",
        ),
        _Broken(
            _SEALED,
            foreign.replace("agentsmith-other", "agentsmith-prod"),
            "github-token",
            ("--secrets",),
        ),
    ):
        workspace.write(broken.file, broken.text)
        diff = workspace.bootstrap("diff", "prod", check=False)
        doctor = workspace.bootstrap("doctor", "prod", "--offline", check=False)
        workspace.push("Break prod")
        up = workspace.bootstrap("up", "prod", "--wait", check=False)
        status = workspace.bootstrap("status", "prod", "--exit-code", check=False)
        workspace.bootstrap("rollback", "prod", "--push", "--wait", *broken.rollback)
        healthy = workspace.bootstrap("status", "prod", "--exit-code")

        assert (diff.returncode, doctor.returncode) == (1, 1)
        assert broken.file in diff.stderr
        assert broken.words in diff.stderr
        assert broken.file in doctor.stdout + doctor.stderr
        assert (up.returncode, status.returncode) == (1, 1)
        error = "\n".join(up.stderr.splitlines()[-2:])
        assert broken.words in error
        assert broken.file in error
        assert broken.file in status.stdout
        # of what could not be rendered nothing was applied, so its end needs no operation either
        sync = live.application()["status"]["sync"]
        assert (sync["status"], sync["revision"]) == ("Synced", workspace.git("rev-parse", "HEAD"))
        assert live.rolled_out()
        assert live.secret() == secret
        assert "Synced and Healthy" in healthy.stdout
        told = [done.stdout + done.stderr for done in (diff, doctor, up, status)]
        assert "a-hidden-token" not in "".join(told)
