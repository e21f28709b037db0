from __future__ import annotations

import pytest

from bootstrap.environments.names import (
    DEFAULT_NAMES,
    Names,
    check_environment_name,
    check_repository_name,
    names_of_application,
    names_of_root,
)
from bootstrap.errors import UsageError

TEAM_B = Names("team-b")


def test_every_name_derives_from_that_of_the_repository():
    for names, expected in (
        (
            DEFAULT_NAMES,
            ("agentsmith", "agentsmith-root", "agentsmith-platform", "agentsmith-prod"),
        ),
        (TEAM_B, ("team-b", "team-b-root", "team-b-platform", "team-b-prod")),
    ):
        made = (names.project, names.root, names.platform, names.application("prod"))
        assert made == expected
        assert names.namespace("prod") == expected[-1]
        assert names_of_root(names.root) == names
        assert names_of_application(names.application("prod"), "prod") == names


def test_labels_of_the_default_name_are_what_they_always_were():
    part_of = {"app.kubernetes.io/part-of": "agentsmith"}
    assert DEFAULT_NAMES.environment_labels("prod") == {
        **part_of,
        "agentsmith.dev/environment": "prod",
    }
    assert TEAM_B.environment_labels("prod") == {
        **part_of,
        "agentsmith.dev/repository": "team-b",
        "agentsmith.dev/environment": "prod",
    }


@pytest.mark.parametrize("application", ["agentsmith", "", "-root", "root"])
def test_an_application_that_is_no_root_has_no_names(application: str):
    assert names_of_root(application) is None


def test_an_application_of_another_environment_has_no_names():
    assert names_of_application("agentsmith-prod", "staging") is None
    assert names_of_application("-prod", "prod") is None


@pytest.mark.parametrize("name", ["agentsmith", "team-b", "a", "0", "x" * 40])
def test_a_repository_may_be_called_what_fits(name: str):
    assert check_repository_name(name) == Names(name)


@pytest.mark.parametrize("name", ["", "Team", "-a", "a-", "a_b", "a.b", "a b", "a\n", "x" * 41])
def test_a_repository_name_that_is_no_label_is_wrong_usage(name: str):
    with pytest.raises(UsageError, match="is not a DNS label of at most 40 characters"):
        check_repository_name(name)


@pytest.mark.parametrize("name", ["argocd", "argo-cd", "default", "sealed-secrets", "kube-system"])
def test_a_repository_name_that_others_have_is_refused(name: str):
    with pytest.raises(UsageError, match="belongs to the cluster or to Argo CD"):
        check_repository_name(name)


@pytest.mark.parametrize("name", ["agentsmith-root", "agentsmith-platform"])
def test_a_repository_name_that_another_one_derives_is_refused(name: str):
    with pytest.raises(UsageError, match="what another repository's own objects are called"):
        check_repository_name(name)


@pytest.mark.parametrize("name", ["prod", "a", "0", "eu-1", "no", "x" * 52])
def test_an_environment_name_that_fits_a_label_is_kept(name: str):
    assert check_environment_name(name, DEFAULT_NAMES) == name


@pytest.mark.parametrize(
    "name",
    ["", "Prod", "-a", "a-", "a_b", "a.b", "a/b", "..", "a b", "prod\n", "é", "x" * 53, "--help"],
)
def test_an_environment_name_that_is_no_label_is_wrong_usage(name: str):
    with pytest.raises(UsageError) as caught:
        check_environment_name(name, DEFAULT_NAMES)
    assert caught.value.message == (
        f"environment name {name!r} is not a DNS label of at most 52 characters"
    )
    assert caught.value.hint == (
        "use lower-case letters, digits and hyphens, with a letter or digit at both ends"
    )
    assert caught.value.exit_code == 2


def test_an_environment_name_has_the_room_that_the_repository_s_leaves():
    assert check_environment_name("x" * 56, TEAM_B) == "x" * 56
    with pytest.raises(UsageError, match="at most 56 characters"):
        check_environment_name("x" * 57, TEAM_B)
    longest = Names("x" * 40)
    assert check_environment_name("y" * 22, longest) == "y" * 22


def test_the_name_of_the_root_application_is_taken():
    with pytest.raises(UsageError, match="'root' is taken: agentsmith-root is the root"):
        check_environment_name("root", DEFAULT_NAMES)


@pytest.mark.parametrize("name", ["root", "platform"])
def test_an_environment_is_not_called_what_the_repository_s_own_applications_are(name: str):
    with pytest.raises(UsageError, match=f"agentsmith-{name} is"):
        check_environment_name(name, DEFAULT_NAMES)
