"""`bootstrap render`: the manifests of an environment, as Argo CD will apply them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.argocd.application_file import ApplicationFile
from bootstrap.argocd.helm_source import HelmSource
from bootstrap.checkout.environments import read_applications, require_application
from bootstrap.checkout.session import Session
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.helm import Helm
from bootstrap.manifests.rendered import mask_secrets
from bootstrap.planned_file import PlannedFile


@dataclass(frozen=True, slots=True)
class Rendered:
    """The manifests of an environment: what Helm prints, less the values of plaintext Secrets."""

    environment: Environment
    text: str


@dataclass(frozen=True, slots=True)
class RenderResult:
    """What was rendered, and what could not be."""

    rendered: tuple[Rendered, ...]
    failed: tuple[tuple[str, BootstrapError], ...]
    """(environment, why)."""


def render(name: str | None, session: Session, *, helm: Helm) -> RenderResult:
    """Render environment `name`, or all that bootstrap made."""
    repository, reporter = session.repository, session.reporter
    repository.check_chart()
    sources: list[tuple[Environment, HelmSource]] = []
    failed: list[tuple[str, BootstrapError]] = []
    for found, application in _choose(name, repository):
        try:
            if isinstance(application, BootstrapError):
                raise application
            sources.append((application.environment, application.helm_source()))
        except BootstrapError as error:
            failed.append((found, error))
    if not sources and not failed:
        raise BootstrapError("there is no environment yet", "make one with `bootstrap init prod`")
    results = helm.render_all(repository.root, [source for _environment, source in sources])
    rendered = []
    for (environment, _source), result in zip(sources, results, strict=True):
        if isinstance(result, BootstrapError):
            failed.append((environment.name, result))
            continue
        text, masked = mask_secrets(result)
        if masked:
            reporter.warn(
                f"{environment.name}: a Secret is rendered from plaintext in values.yaml; its"
                " values are not shown (`bootstrap seal` keeps them out of Git)"
            )
        rendered.append(Rendered(environment, text))
    return RenderResult(tuple(rendered), tuple(failed))


def _choose(
    name: str | None, repository: Repository
) -> Iterator[tuple[str, ApplicationFile | BootstrapError]]:
    if name is None:
        return read_applications(repository)
    return iter([(name, require_application(repository, name))])


def write_rendered(folder: Path, rendered: Sequence[Rendered]) -> list[str]:
    """Write each environment's manifests to ENV.yaml in `folder`; return what was changed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise BootstrapError(
            f"--output-dir {folder}: {reason}", "name a folder that you may write to"
        ) from None
    files = [PlannedFile(f"{item.environment.name}.yaml", item.text) for item in rendered]
    changes = Repository(folder).write(files)
    return [change.path for change in changes if change.action != "unchanged"]
