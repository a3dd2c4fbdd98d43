"""The elements of parameters: in the file they came from, until somebody asks for them, or in memory.

numpy is imported by those who compute: most models go to the optimiser without.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from oarlock_opt.importer.graph._dtypes import DTYPE_SIZES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ArrayTensor", "FileTensor", "TensorData"]


class TensorData(Protocol):
    """The elements of a parameter."""

    @property
    def dtype(self) -> str:
        """A key of DTYPE_SIZES."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of 0 or more."""

    def array(self) -> NDArray[Any]:
        """The elements, not to be changed; bfloat16 as uint16."""

    def buffer(self) -> memoryview:
        """Their bytes, little-endian, C order."""


@dataclass(frozen=True, eq=False, slots=True)
class FileTensor:
    """Elements within a mapped file, which stays mapped for as long as this lives. Nothing is read before it is used.

    ``file`` is the whole file and ``offset`` where the elements begin; they end within it.
    """

    file: memoryview
    offset: int
    dtype: str
    shape: tuple[int, ...]

    def array(self) -> NDArray[Any]:
        import numpy as np

        dtype = np.dtype("uint16" if self.dtype == "bfloat16" else self.dtype).newbyteorder("<")
        return np.frombuffer(self.buffer(), dtype).reshape(self.shape)

    def buffer(self) -> memoryview:
        size = math.prod(self.shape) * DTYPE_SIZES[self.dtype]
        return self.file[self.offset : self.offset + size]


@dataclass(frozen=True, eq=False, slots=True)
class ArrayTensor:
    """Elements in memory; the array belongs to this from now on."""

    values: NDArray[Any]

    @property
    def dtype(self) -> str:
        return str(self.values.dtype.name)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def array(self) -> NDArray[Any]:
        return self.values

    def buffer(self) -> memoryview:
        import numpy as np

        values = np.ascontiguousarray(self.values, self.values.dtype.newbyteorder("<"))
        return memoryview(values.reshape(-1).view(np.uint8))
