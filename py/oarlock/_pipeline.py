"""Work done ahead by threads, its results in order, and never more of them than there is room for."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from typing import Any, Generic, TypeVar

__all__ = ["available_processors", "ordered_map"]

T = TypeVar("T")
R = TypeVar("R")

_LOOK_UP_SECONDS = 0.25
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
    try:
        for number in range(workers):
            # Daemons, so that a thread that waits for input which never comes does not keep the process.
            threading.Thread(target=shared.work, name=f"oarlock-worker-{number}", daemon=True).start()
        while (place := _wait(shared.places)) is not None:
            result, error = _wait(place)
            if error is not None:
                try:
                    raise error
                finally:
                    del error  # whose traceback holds this frame
            yield result
            # Not before: the result in the caller's hands counts, too.
            del place, result
            shared.room.put(None)
    finally:
        shared.stop()


def _wait(source: queue.SimpleQueue[T]) -> T:
    """The next of a queue. Python may miss a Ctrl-C that comes while it goes to sleep without a limit."""
    while True:
        with suppress(queue.Empty):
            return source.get(timeout=_LOOK_UP_SECONDS)


# What one thread computes, or raises, for the one that iterates: a queue for a single pair.
_Place = queue.SimpleQueue[tuple[Any, BaseException | None]]


class _Shared(Generic[T, R]):
    """What the threads and the iterator share; no reference leads from here to the iterator.

    The iterating thread touches nothing but SimpleQueues, which are C code and hold no lock between two instructions of
    Python. A semaphore or a Future does: the KeyboardInterrupt of a Ctrl-C at that moment leaves its lock taken, and
    the program waits for itself when it stops.
    """

    def __init__(self, function: Callable[[T], R], items: Iterator[T], room: int) -> None:
        self.places: queue.SimpleQueue[_Place | None] = queue.SimpleQueue()
        self.room: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(room):
            self.room.put(None)
        self._function = function
        self._items = items
        self._next = threading.Lock()
        self._stopped = False

    def work(self) -> None:
        while True:
            self.room.get()
            with self._next:
                place: _Place = queue.SimpleQueue()
                if self._stopped:
                    self.room.put(None)  # for the next thread, which is to find out as well
                    return
                try:
                    item = next(self._items)
                except StopIteration:
                    self._end(None)
                    return
                except BaseException as error:
                    place.put((None, error))
                    self._end(place)
                    return
                self.places.put(place)
            try:
                place.put((self._function(item), None))
            except BaseException as error:
                place.put((None, error))
            # A large item or result is not to live on while the thread waits for room.
            del item, place

    def stop(self) -> None:
        self._stopped = True
        self.room.put(None)

    def _end(self, last: _Place | None) -> None:
        if last is not None:
            self.places.put(last)
        self.places.put(None)
        self.stop()
