"""What operators compute, in numpy: for those that masks, tables of positions and shapes are made with.

Results have the type that the graph declares. An operator that is not here is not folded.
"""

from __future__ import annotations

from oarlock_opt._numpy import np
from oarlock_opt.importer.graph import Node, Value
from oarlock_opt.importer.passes.interpreter._common import Array, NotInterpretedError, Operands, bounded
from oarlock_opt.importer.passes.interpreter._moves import MOVES
from oarlock_opt.importer.passes.interpreter._numbers import NUMBERS

__all__ = ["INTERPRETED", "NotInterpretedError", "interpret"]

INTERPRETED = {**MOVES, **NUMBERS}
"""How each operator is computed, by its type."""


def interpret(node: Node, operands: Operands) -> list[Array]:
    """The arrays of the outputs in the slot Out or Y, with the types that are declared.

    Raises NotInterpretedError.
    """
    function = INTERPRETED.get(node.type)
    outputs = node.outputs.get("Out") or node.outputs.get("Y") or []
    if function is None:
        raise NotInterpretedError(node.type)
    for out in outputs:
        bounded([max(size, 1) for size in out.shape])
    try:
        with np.errstate(all="ignore"):
            result = function(node, operands)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise NotInterpretedError(node.type) from error
    arrays = [result] if isinstance(result, np.ndarray) else list(result)
    if len(arrays) != len(outputs) or not all(map(_as_declared, arrays, outputs)):
        raise NotInterpretedError(node.type)
    return [np.ascontiguousarray(array, dtype=out.dtype) for array, out in zip(arrays, outputs, strict=True)]


def _as_declared(array: Array, out: Value) -> bool:
    """Whether the array has the shape that the graph declares, of which sizes may be open."""
    return array.ndim == len(out.shape) and all(
        size in (-1, found) for size, found in zip(out.shape, array.shape, strict=True)
    )
