"""What the files of an environment say: its sealed keys, its certificate, where its Jobs run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bootstrap.checkout.environment_files import find_certificate, find_sealed
from bootstrap.constants import VALUES_FILE
from bootstrap.environments.environment import Environment
from bootstrap.environments.hold import Hold, read_hold
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.objects import mapping
from bootstrap.protocols import Reporter
from bootstrap.yaml.documents import parse_mapping

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class LocalFacts:
    """None means that a file is missing or broken."""

    sealed_keys: int | None
    certificate_ends: datetime | None
    job_namespace: str
    hold: Hold | None = None


def read_local_facts(
    environment: Environment, repository: Repository, reporter: Reporter
) -> LocalFacts:
    """Read the files of `environment`; a broken one is told of, and is no error."""

    def told(read: Callable[[], _T | None]) -> _T | None:
        try:
            return read()
        except BootstrapError as error:
            reporter.warn(error.message)
            return None

    def of_values(parse: Callable[[str, str], _T]) -> _T | None:
        path = environment.path(VALUES_FILE)
        text = repository.read(path)
        return None if text is None else parse(text, path)

    sealed = told(lambda: find_sealed(environment, repository, lenient=True))
    certificate = told(lambda: find_certificate(environment, repository))
    return LocalFacts(
        sealed_keys=None if sealed is None else len(sealed.encrypted),
        certificate_ends=None if certificate is None else certificate.not_after,
        job_namespace=told(lambda: of_values(job_namespace)) or environment.namespace,
        hold=told(lambda: of_values(lambda text, _path: read_hold(text))),
    )


def job_namespace(text: str, path: str) -> str:
    """Return the namespace of agent Jobs that values.yaml names, "" if it names none."""
    if "spawner" not in text:  # as nearly always; parsing a thousand files takes its time
        return ""
    spawner = mapping(parse_mapping(text, path=path).get("spawner"))
    namespace = spawner.get("namespace")
    return namespace if isinstance(namespace, str) else ""
