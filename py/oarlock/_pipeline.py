"""Work done ahead by threads, its results in order, and never more of them than there is room for."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from typing import Generic, TypeVar

__all__ = ["available_processors", "ordered_map"]

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2
"""Results that wait for their turn, beside those that the threads are at work on."""


def available_processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered_map(function: Callable[[T], R], items: Iterable[T], *, workers: int) -> Generator[R, None, None]:
    """``function(item)`` for every item, in the order of the items, computed ahead by ``workers`` threads.

    At most ``workers`` + 2 items are in work or done and not yet taken, whatever their number. ``items`` is advanced by
    the threads, one at a time, so that a slow source holds up nothing that came before. What ``function`` or ``items``
    raises is raised in its place, and ends the iteration.

    Once the iterator is closed, or forgotten, the threads end after the item that they are at; nobody waits for them.
    """
    shared = _Shared(function, iter(items), workers + _AHEAD)
    for number in range(workers):
        # Daemons, so that a thread that waits for input which never comes does not keep the process.
        threading.Thread(target=shared.work, name=f"oarlock-worker-{number}", daemon=True).start()
    try:
        while (place := shared.places.get()) is not None:
            yield place.result()
            # Not before: the result in the caller's hands counts, too.
            del place
            shared.room.release()
    finally:
        shared.stop()


class _Shared(Generic[T, R]):
    """What the threads and the iterator share; no reference leads from here to the iterator."""

    def __init__(self, function: Callable[[T], R], items: Iterator[T], room: int) -> None:
        self.places: queue.SimpleQueue[Future[R] | None] = queue.SimpleQueue()
        self.room = threading.Semaphore(room)
        self._function = function
        self._items = items
        self._next = threading.Lock()
        self._stopped = False

    def work(self) -> None:
        while True:
            self.room.acquire()
            with self._next:
                place: Future[R] = Future()
                if self._stopped:
                    self.room.release()  # for the next thread, which is to find out as well
                    return
                try:
                    item = next(self._items)
                except StopIteration:
                    self._end(None)
                    return
                except BaseException as error:
                    place.set_exception(error)
                    self._end(place)
                    return
                self.places.put(place)
            try:
                place.set_result(self._function(item))
            except BaseException as error:
                place.set_exception(error)
            # A large item or result is not to live on while the thread waits for room.
            del item, place

    def stop(self) -> None:
        self._stopped = True
        self.room.release()

    def _end(self, last: Future[R] | None) -> None:
        if last is not None:
            self.places.put(last)
        self.places.put(None)
        self.stop()
