"""What the files of an environment say: its sealed keys, its certificate, where its Jobs run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bootstrap.checkout.environment_files import CERTIFICATE_FILE, SEALED_FILE
from bootstrap.constants import VALUES_FILE
from bootstrap.environments.environment import Environment
from bootstrap.environments.hold import Hold, read_hold
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.objects import mapping
from bootstrap.protocols import Reporter
from bootstrap.sealing.certificate import parse_certificate
from bootstrap.sealing.sealed_secret import parse_sealed_secret
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

    def read(file: str, parse: Callable[[str, str], _T]) -> _T | None:
        path = environment.path(file)
        try:
            text = repository.read(path)
            return None if text is None else parse(text, path)
        except BootstrapError as error:
            reporter.warn(error.message)
            return None

    return LocalFacts(
        sealed_keys=read(
            SEALED_FILE,
            lambda text, path: len(
                parse_sealed_secret(
                    text, path=path, namespace=environment.namespace, lenient=True
                ).encrypted
            ),
        ),
        certificate_ends=read(
            CERTIFICATE_FILE, lambda text, path: parse_certificate(text, source=path).not_after
        ),
        job_namespace=read(VALUES_FILE, job_namespace) or environment.namespace,
        hold=read(VALUES_FILE, lambda text, _path: read_hold(text)),
    )


def job_namespace(text: str, path: str) -> str:
    """Return the namespace of agent Jobs that values.yaml names, "" if it names none."""
    if "spawner" not in text:  # as nearly always; parsing a thousand files takes its time
        return ""
    spawner = mapping(parse_mapping(text, path=path).get("spawner"))
    namespace = spawner.get("namespace")
    return namespace if isinstance(namespace, str) else ""
