"""A small typed graph of a model: values, nodes in the order in which they run, and parameters.

Its operators are those of PaddlePaddle's legacy programs, which is what Paddle Lite's optimiser reads; slots and
attributes have the names that they have there. Readers lower other formats to them.
"""

from __future__ import annotations

from oarlock_opt.importer.graph._attributes import Attr, AttrKind, attr
from oarlock_opt.importer.graph._dtypes import DTYPE_SIZES
from oarlock_opt.importer.graph._graph import Graph, Index, Node, Use, Value
from oarlock_opt.importer.graph._tensors import ArrayTensor, FileTensor, TensorData

__all__ = [
    "DTYPE_SIZES",
    "ArrayTensor",
    "Attr",
    "AttrKind",
    "FileTensor",
    "Graph",
    "Index",
    "Node",
    "TensorData",
    "Use",
    "Value",
    "attr",
]
