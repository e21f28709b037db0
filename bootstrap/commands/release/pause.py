"""`bootstrap pause` and `bootstrap resume`: automated sync off and on, in Git.

Argo CD keeps the settings of a sync that is not enabled, so that resuming brings back the same.
"""

from __future__ import annotations

from dataclasses import replace

from bootstrap.argocd.application import render_application
from bootstrap.commands.release.change import Changed, Edit, Workplace, carry_out, find_environment
from bootstrap.errors import BootstrapError


def pause(name: str, place: Workplace) -> Changed:
    """Turn the automated sync of environment `name` off."""
    return _switch(name, place, paused=True)


def resume(name: str, place: Workplace) -> Changed:
    """Turn it on again."""
    return _switch(name, place, paused=False)


def _switch(name: str, place: Workplace, *, paused: bool) -> Changed:
    with place.repository.lock():
        environment = find_environment(name, place, switches=True)
        if not environment.automated:
            raise BootstrapError(
                f"the sync of {name} is manual, so there is nothing to "
                f"{'pause' if paused else 'resume'}",
                f"`bootstrap init {name} --sync auto` makes it automated",
            )
        if not paused and not place.wait and not place.dry_run:
            place.look(environment, "bootstrap resume")
        environment = replace(environment, paused=paused)
        file = render_application(environment)
        before = place.repository.read(file.path)
        edits = [Edit(file.path, before, file.content)]
        published = carry_out(
            environment, edits, f"{'Pause' if paused else 'Resume'} {name}\n", place
        )
    return Changed(environment, published)
