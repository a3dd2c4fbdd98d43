"""What a pass did, apart from the passes, so that a model that is remembered needs none of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["AppliedRepair"]


@dataclass(frozen=True)
class AppliedRepair:
    """A pass that changed a graph at ``count`` places."""

    name: str
    count: int
    reason: str

    def to_json(self) -> dict[str, Any]:
        """The repair as bundle.schema.json and opt.schema.json have it."""
        return asdict(self)
