"""Repairs that put documented default attributes back."""

from __future__ import annotations

from oarlock_opt.program import AttrType, Program

__all__ = ["restore_relu6_threshold", "restore_swish_beta"]


def restore_relu6_threshold(program: Program) -> int:
    """Give every relu6 without ``threshold`` the 6.0 of its definition."""
    return _restore_float(program, "relu6", "threshold", 6.0)


def restore_swish_beta(program: Program) -> int:
    """Give every swish without ``beta`` the 1.0 of its definition."""
    return _restore_float(program, "swish", "beta", 1.0)


def _restore_float(program: Program, op_type: str, name: str, value: float) -> int:
    count = 0
    for op in program.ops():
        if op.type == op_type and all(attr.name != name for attr in op.attrs):
            op.attrs.add(name=name, type=AttrType["FLOAT"], f=value)
            count += 1
    return count
