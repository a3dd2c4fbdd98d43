"""Memory that stays flat however many pictures there are."""

from __future__ import annotations

import ctypes

__all__ = ["Trimmer"]

_EVERY = 16
# mallopt's number of the size in bytes from which a block is a mapping of its own, which is gone once it is freed.
_M_MMAP_THRESHOLD = -3
_MAPPED_BYTES = 1 << 20


class Trimmer:
    """Has glibc give back what decoded pictures took, whatever their sizes; with another C library it does nothing.

    glibc learns from the first pictures to keep such blocks in its heaps, one heap for each thread, and pictures of
    many sizes leave holes there: a folder of a thousand then ends with a fifth more memory than its first hundred took.
    """

    def __init__(self) -> None:
        libc = ctypes.CDLL(None)
        self._trim = getattr(libc, "malloc_trim", None)
        if self._trim is not None:
            libc.mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
        self._count = 0

    def picture_done(self) -> None:
        """To be called after every picture; every 16th gives memory back."""
        self._count += 1
        if self._trim is not None and self._count % _EVERY == 0:
            self._trim(0)
