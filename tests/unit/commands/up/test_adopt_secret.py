"""`up --adopt-secret`: nothing goes unasked, and no controller is left given up."""

from __future__ import annotations

from typing import cast

import pytest

from bootstrap.checkout.environments import load_environments
from bootstrap.cluster import Cluster
from bootstrap.commands.up.adopt_secret import check_secrets, hand_over
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.files.repository import Repository
from bootstrap.sealing.taken import PresentSecret, Taken
from tests.unit.commands.watch.test_wait_loop import Log
from tests.unit.work_tree import WorkTree


class FakeSealed:
    """The Secrets of a cluster at the edge."""

    def __init__(self, present: PresentSecret | None, *, given_up: bool = False) -> None:
        self.sealed = self
        self.present = present
        self.given_up = given_up
        self.handed: list[tuple[str, str]] = []

    def read_secret(self, _namespace: str, _name: str) -> PresentSecret | None:
        return self.present

    def hand_over(self, namespace: str, name: str) -> None:
        self.handed.append((namespace, name))

    def is_given_up(self, _namespace: str, _name: str) -> bool:
        return self.given_up


class Refusing(FakeSealed):
    """One whose Secrets the user may not read."""

    def read_secret(self, _namespace: str, _name: str) -> PresentSecret | None:
        raise BootstrapError("reading that: forbidden", "use another context")


OLD = PresentSecret(("github-token", "redis-url"))
MORE = PresentSecret(("github-token", "redis-url", "their-own"))


@pytest.fixture
def sealed(prod: WorkTree) -> WorkTree:
    assert prod.run("seal", "-", stdin=b"githubToken: g\n").code == 0
    return prod


class Asked:
    """Who agrees, or not, to what is lost."""

    def __init__(self, *, agrees: bool = True) -> None:
        self.told: list[str] = []
        self.agrees = agrees

    def __call__(self, loss: str) -> None:
        self.told.append(loss)
        if not self.agrees:
            raise UsageError("no", "")


def check(
    tree: WorkTree, fake: FakeSealed, asked: Asked | None, log: Log
) -> list[tuple[Cluster, Taken]]:
    repository = Repository(tree.root)
    groups = [(cast(Cluster, fake), load_environments(repository))]
    return check_secrets(groups, repository, adopt=asked, reporter=log)


def test_without_being_asked_to_a_secret_in_the_way_is_an_error(sealed: WorkTree):
    fake = FakeSealed(MORE)

    with pytest.raises(BootstrapError) as caught:
        check(sealed, fake, None, Log())

    assert caught.value.message == (
        "Secret agentsmith-prod/agentsmith-secrets is there already, and the sealed-secrets"
        " controller writes only its own; it has their-own, which the sealed one has not"
    )
    assert "`bootstrap up prod --adopt-secret`" in caught.value.hint
    assert fake.handed == []


def test_only_a_loss_is_asked_about(sealed: WorkTree):
    asked = Asked()

    found = [check(sealed, FakeSealed(item), asked, Log()) for item in (OLD, MORE)]

    assert asked.told == [
        "Secret agentsmith-prod/agentsmith-secrets loses their-own, which are not sealed"
    ]
    assert [len(item) for item in found] == [1, 1]


def test_who_does_not_agree_hands_nothing_over(sealed: WorkTree):
    fake = FakeSealed(MORE)

    with pytest.raises(UsageError):
        check(sealed, fake, Asked(agrees=False), Log())

    assert fake.handed == []


def test_what_can_not_be_handed_over_is_an_error_all_the_same(sealed: WorkTree):
    fake = FakeSealed(PresentSecret(("github-token",), is_immutable=True))

    with pytest.raises(BootstrapError, match="it is immutable"):
        check(sealed, fake, Asked(), Log())


def test_who_may_not_look_is_told_and_goes_on_unless_asked_to_adopt(sealed: WorkTree):
    log = Log()

    assert check(sealed, Refusing(None), None, log) == []
    assert log.lines == [
        "reading that: forbidden; so nobody looked whether namespace agentsmith-prod has the Secret"
        " already"
    ]
    with pytest.raises(BootstrapError, match="forbidden"):
        check(sealed, Refusing(None), Asked(), log)


def test_nothing_to_adopt_is_said(sealed: WorkTree):
    log = Log()

    assert check(sealed, FakeSealed(None), Asked(), log) == []
    assert log.lines == ["no Secret to adopt: none is there that is not the controller's"]


@pytest.mark.parametrize("given_up", [True, False])
def test_a_controller_that_gave_up_is_to_be_restarted(sealed: WorkTree, *, given_up: bool):
    fake, log = FakeSealed(OLD, given_up=given_up), Log()
    found = check(sealed, fake, Asked(), Log())

    restart = hand_over(found, log)

    assert fake.handed == [("agentsmith-prod", "agentsmith-secrets")]
    assert restart == ([fake] if given_up else [])
    assert log.lines == [
        "Secret agentsmith-prod/agentsmith-secrets given to the controller, which takes it over"
    ]
