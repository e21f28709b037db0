"""The files of Applications, read back into what they describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bootstrap.argocd.helm_source import HelmSource, read_helm_source
from bootstrap.constants import ROOT_FILE
from bootstrap.environments.environment import (
    Destination,
    Environment,
    Root,
    check_namespace,
    check_revision,
    parse_destination,
)
from bootstrap.environments.names import (
    DEFAULT_NAMES,
    check_environment_name,
    check_repository_name,
    names_of_application,
    names_of_root,
)
from bootstrap.environments.repo_url import parse_remote_url
from bootstrap.errors import BootstrapError
from bootstrap.objects import mapping
from bootstrap.yaml.documents import parse_mapping
from bootstrap.yaml.fields import Fields


@dataclass(frozen=True, slots=True)
class ApplicationFile:
    """What the file of an environment's Application says."""

    environment: Environment
    helm: HelmSource | BootstrapError
    """What Helm is given, or which change by hand keeps bootstrap from rendering it."""
    text: str
    """The whole file."""

    def helm_source(self) -> HelmSource:
        """Return what Helm is given. Raises BootstrapError where it can't be rendered."""
        if isinstance(self.helm, BootstrapError):
            raise self.helm
        return self.helm


def read_application(text: str, *, name: str, path: str) -> ApplicationFile:
    """Return what the Application in `text` (file `path`) of environment `name` says."""
    document = _fields(text, path)
    environment = _read(document, name)
    _check_read(
        path,
        lambda: check_repository_name(environment.names.repository),
        lambda: check_environment_name(environment.name, environment.names),
        lambda: check_namespace(environment.namespace),
        lambda: _check_source(environment.repo_url, environment.target_revision),
        lambda: _check_destination(environment.destination),
    )
    source = document.mapping("spec").mapping("source").values
    try:
        helm: HelmSource | BootstrapError = read_helm_source(source, environment, path)
    except BootstrapError as error:
        helm = error
    return ApplicationFile(environment, helm, text)


def parse_application(text: str, *, name: str, path: str) -> Environment:
    """Return the environment `name` that the Application in `text` (file `path`) describes."""
    return read_application(text, name=name, path=path).environment


def _read(document: Fields, name: str) -> Environment:
    spec = document.mapping("spec")
    source, destination = spec.mapping("source"), spec.mapping("destination")
    application = str(mapping(document.values.get("metadata")).get("name"))
    automated = spec.mapping("syncPolicy").values.get("automated")
    return Environment(
        name=name,
        namespace=destination.text("namespace"),
        repo_url=source.text("repoURL"),
        target_revision=source.text("targetRevision"),
        destination=(
            Destination(server=destination.text("server"))
            if "server" in destination.values
            else Destination(name=destination.text("name"))
        ),
        automated=isinstance(automated, Mapping),
        paused=isinstance(automated, Mapping) and automated.get("enabled") is False,
        names=names_of_application(application, name) or DEFAULT_NAMES,
    )


def parse_root(text: str, *, path: str = ROOT_FILE) -> Root:
    """Return what the root Application in `text` follows, and the names that go with its own."""
    document = _fields(text, path)
    source = document.mapping("spec").mapping("source")
    url, revision = source.text("repoURL"), source.text("targetRevision")
    names = (
        names_of_root(str(mapping(document.values.get("metadata")).get("name"))) or DEFAULT_NAMES
    )
    _check_read(
        path,
        lambda: _check_source(url, revision),
        lambda: check_repository_name(names.repository),
    )
    return Root(url, revision, names)


def _check_read(path: str, *checks: Callable[[], object]) -> None:
    """Hold what stands in a file to the rules for what is typed.

    Who can get a commit into the repository must not get more than that: these texts go to Git's
    command line, and with an administrator's rights into the cluster.
    """
    for check in checks:
        try:
            check()
        except BootstrapError as error:
            raise BootstrapError(
                f"{path} was changed by hand to what bootstrap refuses: {error.message}",
                "restore it with `git checkout`, or delete it and run `bootstrap init` again",
            ) from None


def _check_source(url: str, revision: str) -> None:
    check_revision(revision)
    if parse_remote_url(url, source="repoURL").url != url:
        raise BootstrapError("repoURL is not as bootstrap writes it", "")


def _check_destination(destination: Destination) -> None:
    if parse_destination(destination.server or destination.name) != destination:
        raise BootstrapError("destination is not as bootstrap writes it", "")


def _fields(text: str, path: str) -> Fields:
    return Fields(
        parse_mapping(text, path=path),
        lambda key: BootstrapError(
            f"{path}: no valid {key!r}, so it is not an Application that bootstrap wrote",
            "restore it with `git checkout`, or delete it and run `bootstrap init` again",
        ),
    )
