"""Prints what the registry of a loaded library holds, as JSON: ``python registry.py LIBRARY``.

It walks the library's own maps in memory: operator -> (layout, precision, target) -> list of kernels. The objects are
found by the exported symbols of their static variables; std::map and std::string are laid out as libstdc++ does it.
Crashing is its way of saying that something is laid out otherwise.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Iterator

from oarlock_opt.lite.places import Place


def _word(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def _integer(address: int) -> int:
    return ctypes.c_int32.from_address(address).value


def _string(address: int) -> str:
    return ctypes.string_at(_word(address), _word(address + 8)).decode()


def _entries(tree: int) -> Iterator[int]:
    """The addresses of a std::map's pairs, in order."""

    def walk(node: int) -> Iterator[int]:
        if node:
            yield from walk(_word(node + 16))
            yield node + 32
            yield from walk(_word(node + 24))

    return walk(_word(tree + 16))


def _main(library: str) -> None:
    libc = ctypes.CDLL(None)
    libc.dlopen.restype = ctypes.c_void_p
    # Lazily: it refers to functions of a Python that is not this one.
    handle = libc.dlopen(library.encode(), os.RTLD_LAZY | os.RTLD_LOCAL)
    loaded = ctypes.CDLL(library, handle=handle)

    def registry(kind: str) -> int:
        name = f"_ZZN6paddle4lite{len(kind)}{kind}6GlobalEvE1x"
        return ctypes.c_void_p.in_dll(loaded, name).value or 0

    kernels: dict[str, set[str]] = {_string(entry): set() for entry in _entries(registry("OpLiteFactory"))}
    for entry in _entries(registry("KernelFactory")):
        for kernel in _entries(entry + 32):
            layout, precision, target = (_integer(kernel + offset) for offset in (0, 4, 8))
            if (operator := _string(entry)) in kernels:
                kernels[operator].add(str(Place(target, precision, layout)))
    print(json.dumps({operator: sorted(places) for operator, places in kernels.items()}))
    sys.stdout.flush()
    os._exit(0)  # the library's own end may crash


if __name__ == "__main__":
    _main(sys.argv[1])
