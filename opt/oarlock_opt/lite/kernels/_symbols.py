"""Which operators and kernels a full library of Paddle Lite has, read from the names that it exports.

For every operator and kernel that the library registers it exports a function, ``touch_op_conv2d`` and
``touch_conv2dkARMkFloatkNCHWdef``, which programs refer to so that the linker keeps the registration. The names are
thus the list of what is registered. (That they are it exactly, entry by entry, is tested against the registry in the
memory of a process that has loaded the library.)
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from oarlock_opt.lite.places import LAYOUTS, PRECISIONS, TARGETS, Place

__all__ = ["registered"]

_HEADER = struct.Struct("<16x2HI3QI6H")
_SECTION = struct.Struct("<2I4Q2I2Q")
_SYMBOL = struct.Struct("<IBBHQQ")
_DYNAMIC_SYMBOLS = 11

# A function without parameters, in the C++ ABI: _Z, the length of its name, the name, v.
_OPERATOR = re.compile(r"_Z\d+touch_op_(?P<operator>\w+)v")
_KERNEL = re.compile(
    r"_Z\d+touch_(?P<operator>\w+?)"
    + "".join(
        # The longest first: one layout's name begins with another's.
        f"k(?P<{kind}>{'|'.join(sorted(names, key=len, reverse=True))})"
        for kind, names in (("target", TARGETS), ("precision", PRECISIONS), ("layout", LAYOUTS))
    )
    + r"\w*v"
)


def registered(library: Path) -> dict[str, frozenset[Place]]:
    """Every operator that the library knows, with the places of its kernels, of which there may be none.

    Kernels of operators that it does not know (2.12 has two) are left out: nothing can call them. ``library`` is a
    shared object for 64-bit Linux; it is read, not loaded. Raises OSError and ValueError.
    """
    operators: set[str] = set()
    kernels: dict[str, set[Place]] = {}
    for name in _exported(library):
        if match := _OPERATOR.fullmatch(name):
            operators.add(match["operator"])
        elif match := _KERNEL.fullmatch(name):
            place = Place.named(match["target"], match["precision"], match["layout"])
            kernels.setdefault(match["operator"], set()).add(place)
    return {operator: frozenset(kernels.get(operator, ())) for operator in operators}


def _exported(library: Path) -> Iterator[str]:
    """The names of the dynamic symbols that the library defines."""
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{library}: no shared object of 64-bit Linux")
        header = _HEADER.unpack_from(data)
        offset, size, count = header[5], header[10], header[11]
        sections = [_SECTION.unpack_from(data, offset + index * size) for index in range(count)]
        for section in sections:
            if section[1] == _DYNAMIC_SYMBOLS:
                strings = sections[section[6]][4]
                table = data[section[4] : section[4] + section[5]]
                for symbol in _SYMBOL.iter_unpack(table):
                    if symbol[3] != 0:  # 0 is the section of what is undefined
                        start = strings + symbol[0]
                        yield data[start : data.find(b"\0", start)].decode("ascii")
