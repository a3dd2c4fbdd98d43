"""What counts as agreement, for the gate of calibration and for verify alike."""

from __future__ import annotations

__all__ = ["SURE"]

SURE = 0.5
"""The probability of its first place from which on fp32, or the reference, is called sure of a picture."""
