"""Fixtures for every tier: the real command-line tools, built on first use."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.tools.build import ensure

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # as a shell starts a background job, and nohup; what is started by tests would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def helm3() -> Path:
    """The `helm` binary of Helm 3."""
    return ensure("helm3")["helm3"]


@pytest.fixture(scope="session")
def helm4() -> Path:
    """The `helm` binary of Helm 4, the one that Argo CD runs."""
    return ensure("helm4")["helm4"]


@pytest.fixture(scope="session")
def kubeseal() -> Path:
    """The `kubeseal` binary of sealed-secrets."""
    return ensure("kubeseal")["kubeseal"]
