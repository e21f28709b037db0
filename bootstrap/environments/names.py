"""What a repository's objects are called, so that several share one Argo CD and one cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bootstrap.errors import UsageError

DEFAULT_REPOSITORY = "agentsmith"
PART_OF = {"app.kubernetes.io/part-of": "agentsmith"}
REPOSITORY_LABEL = "agentsmith.dev/repository"
ENVIRONMENT_LABEL = "agentsmith.dev/environment"

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_MAX_LABEL = 63
_MAX_REPOSITORY = 40
"""Leaves an environment at least 22 characters of an Application's name."""
_ROOT, _PLATFORM = "root", "platform"
# Projects, namespaces and Applications that others have under these names.
_TAKEN = frozenset({"argocd", "argo-cd", "default", "sealed-secrets"})


@dataclass(frozen=True, slots=True)
class Names:
    """What derives from the name of a repository: `agentsmith` unless it was given another."""

    repository: str = DEFAULT_REPOSITORY

    @property
    def is_default(self) -> bool:
        """Whether the repository was given no name of its own."""
        return self.repository == DEFAULT_REPOSITORY

    @property
    def project(self) -> str:
        """The AppProject of its environments."""
        return self.repository

    @property
    def root(self) -> str:
        """The root Application."""
        return f"{self.repository}-{_ROOT}"

    @property
    def platform(self) -> str:
        """The root Application, and the AppProject, of the platform."""
        return f"{self.repository}-{_PLATFORM}"

    def application(self, environment: str) -> str:
        """Return the Application of an environment."""
        return f"{self.repository}-{environment}"

    def namespace(self, environment: str) -> str:
        """Return the namespace that an environment has by default."""
        return f"{self.repository}-{environment}"

    def labels(self) -> dict[str, str]:
        """Return the labels of everything that is this repository's."""
        return PART_OF if self.is_default else {**PART_OF, REPOSITORY_LABEL: self.repository}

    def environment_labels(self, environment: str) -> dict[str, str]:
        """Return the labels of what is one environment's: its Application, its namespace."""
        return {**self.labels(), ENVIRONMENT_LABEL: environment}


DEFAULT_NAMES = Names()


def names_of_root(application: str) -> Names | None:
    """Return the names that go with a root Application of this name, None if it is none."""
    repository = application.removesuffix(f"-{_ROOT}")
    return Names(repository) if repository not in {application, ""} else None


def names_of_application(application: str, environment: str) -> Names | None:
    """Return the names that go with the Application of an environment, None if it is not its."""
    repository = application.removesuffix(f"-{environment}")
    return Names(repository) if repository not in {application, ""} else None


def check_repository_name(name: str) -> Names:
    """Return the names that derive from `name`, if a repository may be called that."""
    if not _DNS_LABEL.fullmatch(name) or len(name) > _MAX_REPOSITORY:
        raise UsageError(
            f"repository name {name!r} is not a DNS label of at most {_MAX_REPOSITORY} characters",
            "use lower-case letters, digits and hyphens, with a letter or digit at both ends",
        )
    if name in _TAKEN or name.startswith("kube-"):
        raise UsageError(
            f"repository name {name!r} belongs to the cluster or to Argo CD",
            "choose another, such as that of your team",
        )
    if name.endswith((f"-{_ROOT}", f"-{_PLATFORM}")):
        raise UsageError(
            f"repository name {name!r} is what another repository's own objects are called",
            f"choose one that does not end with -{_ROOT} or -{_PLATFORM}",
        )
    return Names(name)


def check_environment_name(name: str, names: Names) -> str:
    """Return `name` if it can name an environment of a repository: its Application fits a label.

    The Application is called REPOSITORY-NAME and must fit a label (63 characters) itself.
    """
    longest = _MAX_LABEL - len(names.application(""))
    if not _DNS_LABEL.fullmatch(name) or len(name) > longest:
        raise UsageError(
            f"environment name {name!r} is not a DNS label of at most {longest} characters",
            "use lower-case letters, digits and hyphens, with a letter or digit at both ends",
        )
    own = {names.root: "the root Application", names.platform: "that of the platform"}
    if names.application(name) in own:
        taken = names.application(name)
        raise UsageError(
            f"environment name {name!r} is taken: {taken} is {own[taken]}", "choose another name"
        )
    return name
