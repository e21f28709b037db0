"""A marked secret on its way through a real cluster: no event and no log of a server shows it."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from tests.e2e.loop import Live
from tests.plane.plane import Plane
from tests.support.leaks import Marks
from tests.support.workspace import Workspace

# made anew, as the workspace holds this very file
_MARK = f"MARKED+cluster/{secrets.token_hex(8)}"


def test_events_logs_and_objects_but_the_secret_itself_show_nothing(
    own_plane: Plane, workspace: Workspace, tmp_path: Path
) -> None:
    marks = Marks([_MARK])
    workspace.bootstrap("init", "prod", "--from-cluster")
    workspace.write("secrets.local.yaml", f"githubToken: {_MARK}\n")
    ended = [workspace.bootstrap("seal", "secrets.local.yaml")]
    workspace.push("Add environment prod")
    ended.append(workspace.bootstrap("up", "prod"))
    phrase = tmp_path / "phrase"
    phrase.write_text("any\n")
    backup = ["keys", "backup", str(tmp_path / "k.age"), "--passphrase-file", str(phrase)]
    ended.append(workspace.bootstrap(*backup))
    for arguments in (
        ["keys", "list", "--from-cluster"], ["keys", "rotate", "prod"], ["keys", "give", "prod"],
        ["keys", "fetch", "prod"], ["keys", "restore", *backup[2:], "-o", "json"],
        ["secrets", "check", "prod", "--from-cluster"], ["secrets", "list"],
        ["seal", "secrets.local.yaml", "-o", "json"],
        ["seal", "secrets.local.yaml", "--from-cluster", "--dry-run"], ["wait", "prod"],
        ["clusters", "-o", "json"], ["status", "prod", "-o", "json"],
        ["doctor", "-o", "json"], ["up", "prod", "--timeout", "0s"], ["up", "--context", "none"],
    ):  # fmt: skip
        done = workspace.bootstrap("--debug", *arguments, check=False)
        assert done.returncode in {0, 1}, done.stderr
        ended.append(done)

    live = Live(own_plane, "prod", "agentsmith-prod")
    assert (live.secret() or {})["github-token"] == _MARK.encode()
    cluster = own_plane.cluster
    places = {
        f"{kind} {item['metadata'].get('namespace')}/{item['metadata']['name']}": json.dumps(
            item
        ).encode()
        for version, kind in (
            ("v1", "Event"), ("v1", "ConfigMap"), ("v1", "Pod"), ("apps/v1", "Deployment"),
            ("apps/v1", "ReplicaSet"), ("bitnami.com/v1alpha1", "SealedSecret"),
            ("argoproj.io/v1alpha1", "Application"), ("argoproj.io/v1alpha1", "AppProject"),
        )
        for item in cluster.list(version, kind)
    }  # fmt: skip
    assert any(place.startswith("Event agentsmith-prod/") for place in places)
    assert marks.leaks(places) == []
    assert marks.leaks_below([own_plane.run_dir / "logs"]) == []
    assert (own_plane.run_dir / "logs").is_dir()
    for done in ended:
        assert marks.leaks({"said": (done.stdout + done.stderr).encode()}) == []
    assert marks.leaks_in_git(workspace.root) == []
