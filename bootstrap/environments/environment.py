"""What an environment is: its name, where it comes from and where it goes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bootstrap.constants import APPLICATIONS_DIR, ENVIRONMENTS_DIR, IN_CLUSTER
from bootstrap.environments.names import DEFAULT_NAMES, Names
from bootstrap.errors import UsageError

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_MAX_LABEL = 63


@dataclass(frozen=True, slots=True)
class Destination:
    """A cluster that Argo CD deploys to: exactly one of its API server's URL or its name."""

    server: str | None = None
    name: str | None = None

    @property
    def in_cluster(self) -> bool:
        """Whether it is the cluster that Argo CD itself runs in."""
        return self.server == IN_CLUSTER


@dataclass(frozen=True, slots=True)
class Environment:
    """One installation of Agent Smith, as its Argo CD Application describes it."""

    name: str
    namespace: str
    repo_url: str
    target_revision: str
    destination: Destination
    automated: bool = True
    paused: bool = False
    """Whether its automated sync is turned off for a while; a manual one has nothing to pause."""
    names: Names = DEFAULT_NAMES
    """What the objects of its repository are called."""

    @property
    def application(self) -> str:
        """The name of its Argo CD Application."""
        return self.names.application(self.name)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its Application and of the namespace that Argo CD makes for it."""
        return self.names.environment_labels(self.name)

    @property
    def folder(self) -> str:
        """Its folder, relative to the repository's root."""
        return f"{ENVIRONMENTS_DIR}/{self.name}"

    def path(self, file: str) -> str:
        """Return the path of one of its files, relative to the repository's root."""
        return f"{self.folder}/{file}"

    @property
    def application_path(self) -> str:
        """The path of its Application, relative to the repository's root."""
        return f"{APPLICATIONS_DIR}/{self.name}.yaml"


@dataclass(frozen=True, slots=True)
class Root:
    """What the root Application follows, and what the objects of its repository are called."""

    url: str
    revision: str
    names: Names = DEFAULT_NAMES


def check_namespace(namespace: str) -> str:
    """Return `namespace` if it is a namespace that an environment may have to itself."""
    if not _DNS_LABEL.fullmatch(namespace) or len(namespace) > _MAX_LABEL:
        raise UsageError(
            f"--namespace {namespace!r} is not a DNS label of at most {_MAX_LABEL} characters",
            "use lower-case letters, digits and hyphens, with a letter or digit at both ends",
        )
    if namespace in {"default", "argocd"} or namespace.startswith("kube-"):
        raise UsageError(
            f"--namespace {namespace!r} belongs to the cluster, not to an environment",
            "leave --namespace out, or name one of its own, such as agentsmith-prod",
        )
    return namespace


def parse_destination(cluster: str | None) -> Destination:
    """Return the destination for `--cluster`: None or in-cluster, an API server URL, or a name."""
    if cluster is None or cluster in {"in-cluster", IN_CLUSTER}:
        return Destination(server=IN_CLUSTER)
    if re.fullmatch(r"https?://[^\s/@?#]+(/[^\s@?#]*)?", cluster):
        return Destination(server=cluster.rstrip("/"))
    if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", cluster):
        return Destination(name=cluster)
    raise UsageError(
        "--cluster is neither an API server URL nor the name of an Argo CD cluster",
        "give https://HOST[:PORT] or a name that `bootstrap clusters` shows",
    )


def check_revision(revision: str) -> str:
    """Return `revision` if Git could know it as a branch, tag or commit."""
    # https://git-scm.com/docs/git-check-ref-format, less the parts no branch ends up with
    bad = re.search(r"[\s~^:?*\[\\\x00-\x1f\x7f]|\.\.|@\{|//|^[-/.]|[/.]$|\.lock$", revision)
    if not revision or bad:
        raise UsageError(
            f"--revision {revision!r} can't be a branch, a tag or a commit",
            "give one that `git branch -a` or `git tag` lists",
        )
    return revision


def check_given(option: str, revision: str) -> str:
    """Return `revision`, as given with `option`, if it may mean a commit: HEAD~1 does, too."""
    if not revision or revision.startswith("-") or not revision.isprintable():
        raise UsageError(
            f"{option} {revision!r} can't mean a commit", "give a commit, a branch or a tag"
        )
    return revision
