"""The files that a person edits to change what runs, by their paths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bootstrap.argocd.platform_charts import chart_path
from bootstrap.constants import APPLICATIONS_DIR
from bootstrap.environments.environment import Environment

VALUES, CONFIG, SEALED = "values.yaml", "agentsmith.yml", "sealed-secret.yaml"


@dataclass(frozen=True, slots=True)
class Files:
    """The folder of an environment; "" for what has no such folder, and so only one file."""

    values: str
    folder: str = ""

    def path(self, name: str) -> str:
        """Return the path of the file that is called `name` in an environment's folder."""
        return f"{self.folder}/{name}" if self.folder else self.values

    def named_in(self, message: str) -> str | None:
        """Return the file of the environment whose path `message` has."""
        found = re.search(rf"{re.escape(self.folder)}/([\w.-]*\w)", message)
        return self.path(found[1]) if found and self.folder else None


def files_of(environment: Environment | None) -> Files:
    """Return the files of an environment; those of the root (None) are the Applications."""
    if environment is None:
        return Files(APPLICATIONS_DIR)
    return Files(environment.path(VALUES), environment.folder)


def files_of_chart(name: str) -> Files:
    """Return the file of a chart of the platform: its Application has its values."""
    return Files(chart_path(name))
