"""Questions that wait for no other, asked at the same time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

_MOST = 4
_T = TypeVar("_T")


def at_once(questions: Sequence[Callable[[], _T]]) -> list[_T]:
    """Return the answers in the order of `questions`; of their errors the first is raised.

    The threads are daemons: a pool of concurrent.futures is waited for even after Ctrl-C, minutes
    where a server hangs.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    ended: queue.SimpleQueue[tuple[int, _T | None, BaseException | None]] = queue.SimpleQueue()
    for number in range(len(questions)):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                ended.put((number, questions[number](), None))
            except BaseException as error:
                ended.put((number, None, error))

    for _ in range(min(_MOST, len(questions))):
        threading.Thread(target=work, daemon=True).start()
    answers = sorted((ended.get() for _ in questions), key=lambda item: item[0])
    for _number, _answer, error in answers:
        if error is not None:
            raise error
    return [answer for _number, answer, _error in answers]  # type: ignore[misc]
