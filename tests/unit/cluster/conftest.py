from __future__ import annotations

from collections.abc import Iterator

import pytest

from bootstrap.cluster.connection import Connection
from tests.unit.cluster.api_server import ApiServer, api_server


@pytest.fixture
def served() -> Iterator[tuple[ApiServer, Connection]]:
    """An API server with nothing in it, and a connection to it."""
    with api_server() as both:
        yield both
