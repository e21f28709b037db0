"""Fixtures of what pushes, or asks a cluster: those of the commands."""

from tests.unit.commands.conftest import cluster, fleet, shared

__all__ = ["cluster", "fleet", "shared"]
