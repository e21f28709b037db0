"""Whose a live object of Argo CD is: several repositories may share one Argo CD.

An Application says it by the repository that it is cloned from. Our field manager is the same in
every fork, so server-side apply alone protects nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.constants import APPLICATIONS_DIR, PLATFORM_DIR
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.names import ENVIRONMENT_LABEL, REPOSITORY_LABEL
from bootstrap.environments.repo_url import same_repository
from bootstrap.errors import BootstrapError
from bootstrap.objects import mapping

Objects = Mapping[str, Mapping[str, Any]]
"""Live Applications by their names."""
_TRACKING = "argocd.argoproj.io/tracking-id"


@dataclass(frozen=True, slots=True)
class Claim:
    """A live object under a name of ours, and the repository that has it."""

    what: str
    repository: str

    def message(self, ours: str) -> str:
        """Return the line that names both repositories."""
        return f"{self.what} is of repository {self.repository}, and this one is {ours}"


def repository_of(application: Mapping[str, Any]) -> str | None:
    """Return the URL that an Application is cloned from, None where it does not tell."""
    spec = mapping(application.get("spec"))
    sources = [spec.get("source"), *(spec.get("sources") or [])]
    for source in sources:
        url = mapping(source).get("repoURL")
        if url:
            return str(url)
    return None


def is_being_deleted(application: Mapping[str, Any]) -> bool:
    """Tell whether Argo CD is taking an Application away."""
    return bool(mapping(application.get("metadata")).get("deletionTimestamp"))


def foreign_root(applications: Objects, root: Root) -> Claim | None:
    """Return whose the root Application is, None if it is ours or there is none."""
    live = applications.get(root.names.root)
    url = None if live is None else repository_of(live)
    if url is None or same_repository(url, root.url):
        return None
    return Claim(f"Application {root.names.root}", url)


def foreign_application(
    applications: Objects, root: Root, environment: Environment
) -> Claim | None:
    """Return whose the Application of `environment` is, None if it is ours or there is none.

    One that our root made is ours, though its environment moved to another URL since.
    """
    name = environment.application
    live = applications.get(name)
    url = None if live is None else repository_of(live)
    if live is None or url is None:
        return None
    if same_repository(url, root.url) or same_repository(url, environment.repo_url):
        return None
    if _made_by(live, root) and root.names.root in applications:
        above = foreign_root(applications, root)
        return Claim(f"Application {name}", url) if above else None
    return Claim(f"Application {name}", url)


def foreign_project(
    project: Mapping[str, Any] | None, applications: Objects, root: Root
) -> Claim | None:
    """Return whose our AppProject is: that of the root which lives in it, else of its sources."""
    if project is None or root.names.root in applications:
        return foreign_root(applications, root)
    sources = [str(url) for url in mapping(project.get("spec")).get("sourceRepos") or []]
    plain = [url for url in sources if "*" not in url and not url.startswith("!")]
    if not plain or len(plain) < len(sources):
        return None  # a person's: field managers conflict, and that is told of
    if any(same_repository(url, root.url) for url in plain):
        return None
    return Claim(f"AppProject {root.names.project}", plain[0])


def foreign_namespace(
    applications: Objects, root: Root, environments: Sequence[Environment]
) -> Iterable[Claim]:
    """Yield the namespaces of ours that an Application of another repository deploys to."""
    ours = {item.application for item in environments} | {root.names.root}
    places: dict[tuple[object, object, object], Environment] = {
        (item.destination.server, item.destination.name, item.namespace): item
        for item in environments
    }
    for name, live in applications.items():
        url = repository_of(live)
        destination = mapping(mapping(live.get("spec")).get("destination"))
        place = (destination.get("server"), destination.get("name"), destination.get("namespace"))
        environment = places.get(place)
        if environment is None or url is None or name in ours or _made_by(live, root):
            continue
        if not same_repository(url, root.url):
            yield Claim(f"namespace {environment.namespace}, which Application {name} has,", url)


def namespace_claim(namespace: Mapping[str, Any] | None, environment: Environment) -> str | None:
    """Return whose a namespace is by its labels, None if nothing speaks against its being ours."""
    labels = mapping(mapping((namespace or {}).get("metadata")).get("labels"))
    for label, ours in (
        (REPOSITORY_LABEL, environment.names.repository),
        (ENVIRONMENT_LABEL, environment.name),
    ):
        theirs = labels.get(label)
        if theirs is not None and theirs != ours:
            return f"{label.partition('/')[2]} {theirs}"
    return None


def find_foreign(
    applications: Objects,
    project: Mapping[str, Any] | None,
    root: Root,
    environments: Sequence[Environment],
) -> list[Claim]:
    """Return everything under our names, or in our places, that another repository has."""
    claims = [foreign_root(applications, root), foreign_project(project, applications, root)]
    claims += [foreign_application(applications, root, item) for item in environments]
    found = [claim for claim in claims if claim is not None]
    found += foreign_namespace(applications, root, environments)
    return list(dict.fromkeys(found))


def foreign_platform(applications: Objects, root: Root) -> Claim | None:
    """Return the platform of another repository, None if there is none: an Argo CD has one."""
    for name, live in sorted(applications.items()):
        source = mapping(mapping(live.get("spec")).get("source"))
        url = repository_of(live)
        if url and source.get("path") == PLATFORM_DIR and not same_repository(url, root.url):
            return Claim(f"Application {name}, through which Argo CD keeps itself,", url)
    return None


def other_roots(applications: Objects, root: Root) -> list[Claim]:
    """Return the root Applications of other repositories, and the repositories."""
    return [
        Claim(f"Application {name}", url)
        for name, live in sorted(applications.items())
        if (url := repository_of(live)) and _is_root(live) and not same_repository(url, root.url)
    ]


def refusal(claims: Sequence[Claim], root: Root, command: str) -> BootstrapError:
    """Return the error for a command that would touch what is another repository's."""
    names = root.names.repository
    others = f" (and {len(claims) - 1} more)" if len(claims) > 1 else ""
    return BootstrapError(
        f"{claims[0].message(root.url)}{others}: `{command}` touches nothing of another's",
        f"two repositories: give this one a name of its own, as {names} is taken: `bootstrap rename"
        " NAME`; one that moved, under its old address: `bootstrap up --adopt`",
    )


def _is_root(application: Mapping[str, Any]) -> bool:
    return bool(
        mapping(mapping(application.get("spec")).get("source")).get("path") == APPLICATIONS_DIR
    )


def _made_by(application: Mapping[str, Any], root: Root) -> bool:
    annotations = mapping(mapping(application.get("metadata")).get("annotations"))
    return str(annotations.get(_TRACKING, "")).startswith(f"{root.names.root}:")
