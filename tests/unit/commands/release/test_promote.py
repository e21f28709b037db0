"""`bootstrap promote`: what runs in one environment, in the files of another."""

from __future__ import annotations

import pytest

from bootstrap.environments.hold import Hold, add_hold
from tests.unit.shared_tree import Shared, share
from tests.unit.work_tree import ORIGIN, WorkTree

STAGING = "environments/staging/values.yaml"
PROD = "environments/prod/values.yaml"
CONFIG = "environments/prod/agentsmith.yml"


@pytest.fixture
def both(prod: WorkTree) -> WorkTree:
    """Environments staging, which is ahead, and prod."""
    assert prod.run("init", "staging").code == 0
    images = ("--dispatcher", "r:5000/dispatcher:1.2", "--agent", "r:5000/agent:1.3")
    assert prod.run("upgrade", "staging", *images).code == 0
    return prod


def test_images_are_copied_and_the_diff_is_shown(both: WorkTree):
    before = both.read(PROD)

    done = both.run("promote", "staging", "prod")
    again = both.run("promote", "staging", "prod")

    assert done.code == 0
    assert [line for line in done.out.splitlines() if line[0] in "+-"] == [
        f"--- a/{PROD}",
        f"+++ b/{PROD}",
        "-  agent: agentsmith:latest",
        "-  dispatcher: agentsmith-dispatcher:latest",
        "+  agent: r:5000/agent:1.3",
        "+  dispatcher: r:5000/dispatcher:1.2",
    ]
    assert done.lines == [
        f"updated: {PROD}",
        f"next: git add {PROD} && git commit && git push",
        "  then: bootstrap wait prod",
    ]
    assert both.read(PROD) == before.replace(
        "agentsmith-dispatcher:latest", "r:5000/dispatcher:1.2"
    ).replace("agentsmith:latest", "r:5000/agent:1.3")
    assert (again.out, again.lines[-1]) == ("", "prod is up to date; nothing changed")


def test_configuration_and_named_values_come_along_when_asked_for(
    both: WorkTree, tmp_path_factory: pytest.TempPathFactory
):
    text = both.read(STAGING).replace("replicas: 1", "replicas: 3  # three nodes")
    both.write(STAGING, f"{text}  annotations:\n    example.com/size: '8m'\n    note: yes\n")
    both.write("environments/staging/agentsmith.yml", "projects: {}\r\n")
    shared = share(both, tmp_path_factory.mktemp("remote"))

    done = both.run(
        "promote", "staging", "prod", "--config", "--values", "dispatcher.replicas",
        "--values", "ingress.annotations", "--push", "-o", "json",
    )  # fmt: skip

    assert done.code == 0
    assert done.json()["values"] == {
        "image.dispatcher": {
            "before": "agentsmith-dispatcher:latest", "after": "r:5000/dispatcher:1.2"
        },
        "image.agent": {"before": "agentsmith:latest", "after": "r:5000/agent:1.3"},
        "dispatcher.replicas": {"before": 1, "after": 3},
        r"ingress.annotations.example\.com/size": {"before": None, "after": "8m"},
        # as Helm and Kubernetes read it; the file keeps what was written
        "ingress.annotations.note": {"before": None, "after": True},
    }  # fmt: skip
    pushed = shared.pushed(PROD)
    assert "  replicas: 3\n" in pushed
    assert "  enabled: false\n  annotations:\n    example.com/size: '8m'\n    note: yes\n" in pushed
    assert both.read(CONFIG) == "projects: {}\n"
    assert (both.root / CONFIG).read_bytes() == b"projects: {}\r\n"
    assert shared.ask("log", "-1", "--format=%B", "main").splitlines() == [
        "Promote staging to prod: dispatcher 1.2, agent 1.3",
        "",
        "image.dispatcher: agentsmith-dispatcher:latest -> r:5000/dispatcher:1.2",
        "image.agent: agentsmith:latest -> r:5000/agent:1.3",
        "dispatcher.replicas: 1 -> 3",
        r"ingress.annotations.example\.com/size: (not set) -> 8m",
        "ingress.annotations.note: (not set) -> true",
        "agentsmith.yml: as in staging",
        "",
    ]


def test_a_secret_that_the_target_lacks_stops_it_and_one_more_there_does_not(both: WorkTree):
    both.write("secrets.local.yaml", "githubToken: a-token\nopenaiApiKey: a-key\n")
    assert both.run("seal", "secrets.local.yaml", "--env", "staging").code == 0
    before = both.snapshot()

    refused = both.run("promote", "staging", "prod")
    untouched = both.snapshot()
    both.write("secrets.local.yaml", "githubToken: b\nopenaiApiKey: b\njiraToken: b\n")
    assert both.run("seal", "secrets.local.yaml", "--env", "prod").code == 0

    assert (refused.code, refused.lines) == (
        1,
        [
            "error: prod lacks sealed secrets that staging has: github-token, openai-api-key,"
            " redis-url",
            "  fix: seal them first: `bootstrap seal FILE --env prod`",
        ],
    )
    assert untouched == before
    assert both.run("promote", "staging", "prod").code == 0


def test_a_hold_stops_it_until_it_is_released(both: WorkTree):
    text = both.read(PROD)
    both.write(PROD, add_hold(text, Hold("a" * 40, "b" * 40, "2026-11-24T18:00:00Z")))

    held = both.run("promote", "staging", "prod")
    back = both.run("promote", "prod", "staging", "--dry-run")
    released = both.run("promote", "staging", "prod", "--release-hold")

    assert (held.code, held.lines[0].startswith("error: prod is held since")) == (1, True)
    assert back.code == 0
    assert released.code == 0
    assert not both.read(PROD).startswith("# bootstrap hold")


def test_what_never_ran_in_the_source_is_not_committed_to_the_target(shared: Shared):
    tree = shared.tree
    assert tree.run("init", "staging", "--repo-url", ORIGIN).code == 0
    shared.push("Add environment staging")
    assert tree.run("upgrade", "staging", "--agent", ":2").code == 0

    done = tree.run("promote", "staging", "prod", "--commit")

    assert (done.code, done.lines[0]) == (
        1,
        f"error: {STAGING} has changes that are not committed, so they never ran in staging",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["prod", "prod"], 2, "prod can't be promoted to itself"),
        (["staging", "x"], 2, "no environment 'x'; there are: prod, staging"),
        (["staging", "prod", "--values", "a.b"], 1, f"{STAGING} does not set a.b"),
        (["staging", "prod", "--values", "a..b"], 2, "--values 'a..b' is no dotted key"),
        (["staging", "prod", "--values", ""], 2, "--values '' is no dotted key"),
    ],
)
def test_what_makes_no_sense_is_refused(
    both: WorkTree, arguments: list[str], code: int, error: str
):
    before = both.snapshot()

    done = both.run("promote", *arguments)

    assert (done.code, done.lines[0]) == (code, f"error: {error}")
    assert both.snapshot() == before


def test_an_environment_without_images_has_nothing_to_promote(both: WorkTree):
    both.write(STAGING, "image:\n  agent: agentsmith:2\n")
    one = both.run("promote", "staging", "prod", "--dry-run")
    both.write(STAGING, "dispatcher: {}\n")
    none = both.run("promote", "staging", "prod")

    assert one.code == 0
    assert f"warning: {STAGING} does not set image.dispatcher; it is not promoted" in one.lines
    assert (none.code, none.lines[0]) == (
        1, f"error: {STAGING} sets no image, so there is none to promote"
    )  # fmt: skip
