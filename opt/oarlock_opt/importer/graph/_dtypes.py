"""The types of elements that tensors may have."""

from __future__ import annotations

__all__ = ["DTYPE_SIZES"]

DTYPE_SIZES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8,
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8,
}  # fmt: skip
"""Bytes of an element by numpy's name of its type; bfloat16 is no numpy type."""
