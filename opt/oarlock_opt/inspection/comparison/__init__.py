"""What differs between two models, by docs/schema/inspect-diff.schema.json."""

from __future__ import annotations

from oarlock_opt.inspection.comparison._compare import compare

__all__ = ["compare"]
