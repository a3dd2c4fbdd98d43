"""What the zoo raises on purpose.

HostError
└── ZooError
    ├── UnknownModelError        no model of that name
    ├── WeightsUnavailableError  weights that this model does not have
    ├── BadWeightsError          a file that is no weights file, is damaged or hostile
    ├── WeightsMismatchError     weights of another network: missing, unexpected, misshapen entries
    ├── PaddleMissingError       PaddlePaddle is not installed, or cannot be imported
    └── ExportError              the export failed, or must not replace what is at its destination
"""

from __future__ import annotations

from oarlock_opt.errors import HostError

__all__ = [
    "BadWeightsError",
    "ExportError",
    "PaddleMissingError",
    "UnknownModelError",
    "WeightsMismatchError",
    "WeightsUnavailableError",
    "ZooError",
]


class ZooError(HostError):
    """The zoo cannot do what was asked."""

    default_code = "OAR-ZOO"
    stage = "export"


class UnknownModelError(ZooError):
    """No model of that name."""

    default_code = "OAR-UNKNOWN-MODEL"


class WeightsUnavailableError(ZooError):
    """Weights that this model does not have."""

    default_code = "OAR-WEIGHTS-UNAVAILABLE"


class BadWeightsError(ZooError):
    """A file that is no weights file, is damaged or hostile."""

    default_code = "OAR-BAD-WEIGHTS"


class WeightsMismatchError(ZooError):
    """Weights of another network: missing, unexpected or misshapen entries."""

    default_code = "OAR-WEIGHTS-MISMATCH"


class PaddleMissingError(ZooError):
    """PaddlePaddle is not installed, or cannot be imported."""

    default_code = "OAR-PADDLE-MISSING"


class ExportError(ZooError):
    """The export failed, or must not replace what is at its destination."""

    default_code = "OAR-EXPORT"
