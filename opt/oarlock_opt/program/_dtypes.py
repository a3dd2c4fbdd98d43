"""PaddlePaddle's data types under numpy's names."""

from __future__ import annotations

from dataclasses import dataclass

from oarlock_opt.program._messages import DataType

__all__ = ["DTYPES", "TYPE_NAMES", "Dtype"]


@dataclass(frozen=True)
class Dtype:
    """A type of tensor elements: numpy's name (bfloat16 is no numpy type) and its size in bytes."""

    name: str
    size: int


DTYPES: dict[int, Dtype] = {
    DataType["BOOL"]: Dtype("bool", 1),
    DataType["INT16"]: Dtype("int16", 2),
    DataType["INT32"]: Dtype("int32", 4),
    DataType["INT64"]: Dtype("int64", 8),
    DataType["FP16"]: Dtype("float16", 2),
    DataType["FP32"]: Dtype("float32", 4),
    DataType["FP64"]: Dtype("float64", 8),
    DataType["UINT8"]: Dtype("uint8", 1),
    DataType["INT8"]: Dtype("int8", 1),
    DataType["BF16"]: Dtype("bfloat16", 2),
}
"""The types that parameters, inputs and outputs may have, by their number in the format."""

TYPE_NAMES: dict[int, str] = {number: name for name, number in DataType.items()}
"""The format's own names by number, for messages."""
