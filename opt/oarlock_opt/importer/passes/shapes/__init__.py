"""What is known of shapes, and of small tensors that hold shapes, before a model runs.

``_inference`` goes through a graph; ``_rules`` has what each operator makes of shapes, ``_elements`` of sizes.
"""

from __future__ import annotations

from oarlock_opt.importer.passes.shapes._common import reshaped
from oarlock_opt.importer.passes.shapes._elements import elements_of
from oarlock_opt.importer.passes.shapes._inference import Knowledge, infer
from oarlock_opt.importer.passes.shapes._rules import shapes_of

__all__ = ["Knowledge", "elements_of", "infer", "reshaped", "shapes_of"]
