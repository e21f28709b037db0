"""Questions at the same time: their answers in order, their first error, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from bootstrap.cluster.at_once import at_once
from tests.support.workspace import PROJECT

_HANGS = """
import threading
from bootstrap.cluster.at_once import at_once
def hang():
    print("READY", flush=True)
    threading.Event().wait(60)
at_once([hang, hang])
"""


def test_answers_are_in_the_order_of_the_questions_however_many() -> None:
    assert at_once([lambda number=number: number for number in range(20)]) == list(range(20))
    assert at_once([]) == []


def test_they_are_asked_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=10)
    assert len(at_once([together.wait] * 4)) == 4


def test_of_their_errors_the_first_is_raised() -> None:
    def fail(text: str, seconds: float) -> None:
        time.sleep(seconds)
        raise ValueError(text)

    with pytest.raises(ValueError, match="one"):
        at_once([lambda: fail("one", 0.05), lambda: fail("two", 0)])


def test_ctrl_c_waits_for_no_answer() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _HANGS],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"READY\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(20) != 0
    process.stdout.close()
