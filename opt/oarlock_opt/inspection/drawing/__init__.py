"""Drawings of models: a graph of boxes, one for each layer or each operator, laid out by Graphviz."""

from __future__ import annotations

from oarlock_opt.inspection.drawing._draw import DrawingError, draw

__all__ = ["DrawingError", "draw"]
