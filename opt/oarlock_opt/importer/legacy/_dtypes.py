"""The format's data types and numpy's names for them."""

from __future__ import annotations

from oarlock_opt.importer.legacy._messages import DataType

__all__ = ["DTYPES", "TYPE_NAMES", "TYPE_NUMBERS"]

DTYPES: dict[int, str] = {
    DataType["BOOL"]: "bool",
    DataType["INT16"]: "int16",
    DataType["INT32"]: "int32",
    DataType["INT64"]: "int64",
    DataType["FP16"]: "float16",
    DataType["FP32"]: "float32",
    DataType["FP64"]: "float64",
    DataType["UINT8"]: "uint8",
    DataType["INT8"]: "int8",
    DataType["BF16"]: "bfloat16",
}
"""The types that tensors may have, keys of graph.DTYPE_SIZES, by their number in the format."""

TYPE_NUMBERS: dict[str, int] = {name: number for number, name in DTYPES.items()}
"""The other way round."""

TYPE_NAMES: dict[int, str] = {number: name for name, number in DataType.items()}
"""The format's own names by number, for messages."""
