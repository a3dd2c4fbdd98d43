"""Everything that oarlock_opt raises on purpose, below ``oarlock.errors.OarlockError``.

OarlockError
├── SourceError                             a model that was given cannot be used
│   ├── SourceNotFoundError                 no model at the path, or one of its files is missing
│   ├── AmbiguousSourceError                two models where one is meant
│   ├── UnsupportedSourceError              a model of a kind that this version does not read
│   ├── BadProgramError                     the program is damaged, or no inference program
│   └── BadParamsError                      the parameters are damaged, or another model's
├── OptimizerError                          Paddle Lite's optimiser gave no model
│   ├── OptimizerUnavailableError           the worker program or the engine's library cannot be used
│   ├── OptimizerAbortedError               it gave up and said why
│   ├── OptimizerCrashedError               a segmentation fault or the like
│   ├── OptimizerTimeoutError               the time limit was reached
│   ├── OptimizerKilledError                something ended the worker from outside
│   ├── OptimizerMemoryError                not enough memory
│   └── OptimizerOutputError                the result could not be written, or there was none
├── TargetError                             a target or precision that cannot be made
├── ReferenceFailedError                    PaddlePaddle gave no reference answers
│   ├── ReferenceUnavailableError           PaddlePaddle is not installed
│   └── ReferenceTimeoutError               the time limit was reached
└── DestinationError                        the bundle cannot be put where it should go

LabelsError and PreprocessingError are oarlock's. Codes are stable, for programs; messages are sentences, for people.
"""

from __future__ import annotations

from oarlock.errors import LabelsError, OarlockError, PreprocessingError

__all__ = [
    "AmbiguousSourceError",
    "BadParamsError",
    "BadProgramError",
    "DestinationError",
    "LabelsError",
    "OptimizerAbortedError",
    "OptimizerCrashedError",
    "OptimizerError",
    "OptimizerKilledError",
    "OptimizerMemoryError",
    "OptimizerOutputError",
    "OptimizerTimeoutError",
    "OptimizerUnavailableError",
    "PreprocessingError",
    "ReferenceFailedError",
    "ReferenceTimeoutError",
    "ReferenceUnavailableError",
    "SourceError",
    "SourceNotFoundError",
    "TargetError",
    "UnsupportedSourceError",
]


class SourceError(OarlockError):
    """A model that was given cannot be used."""

    default_code = "OAR-SOURCE"


class SourceNotFoundError(SourceError):
    """No model at the path, or one of its files is missing."""

    default_code = "OAR-SOURCE-NOT-FOUND"


class AmbiguousSourceError(SourceError):
    """Two models where one is meant."""

    default_code = "OAR-SOURCE-AMBIGUOUS"


class UnsupportedSourceError(SourceError):
    """A model of a kind that this version does not read."""

    default_code = "OAR-SOURCE-UNSUPPORTED"


class BadProgramError(SourceError):
    """The program is damaged, or no inference program."""

    default_code = "OAR-SOURCE-PROGRAM"


class BadParamsError(SourceError):
    """The parameters are damaged, or another model's."""

    default_code = "OAR-SOURCE-PARAMS"


class OptimizerError(OarlockError):
    """Paddle Lite's optimiser gave no model.

    ``output`` is what it printed, "" when nothing.
    """

    default_code = "OAR-OPT"

    def __init__(self, message: str, *, code: str | None = None, output: str = "") -> None:
        super().__init__(message, code=code)
        self.output = output


class OptimizerUnavailableError(OptimizerError):
    """The worker program or the engine's library cannot be used."""

    default_code = "OAR-OPT-UNAVAILABLE"


class OptimizerAbortedError(OptimizerError):
    """The optimiser gave up and said why."""

    default_code = "OAR-OPT-ABORTED"


class OptimizerCrashedError(OptimizerError):
    """The optimiser died of a segmentation fault or the like."""

    default_code = "OAR-OPT-CRASHED"


class OptimizerTimeoutError(OptimizerError):
    """The optimiser reached its time limit."""

    default_code = "OAR-OPT-TIMEOUT"


class OptimizerKilledError(OptimizerError):
    """Something ended the optimiser from outside."""

    default_code = "OAR-OPT-KILLED"


class OptimizerMemoryError(OptimizerError):
    """The optimiser ran out of memory."""

    default_code = "OAR-OPT-MEMORY"


class OptimizerOutputError(OptimizerError):
    """The optimiser's result could not be written, or there was none."""

    default_code = "OAR-OPT-OUTPUT"


class TargetError(OarlockError):
    """A target or precision that cannot be made."""

    default_code = "OAR-TARGET"


class ReferenceFailedError(OarlockError):
    """PaddlePaddle gave no reference answers."""

    default_code = "OAR-REFERENCE"


class ReferenceUnavailableError(ReferenceFailedError):
    """PaddlePaddle is not installed."""

    default_code = "OAR-REFERENCE-UNAVAILABLE"


class ReferenceTimeoutError(ReferenceFailedError):
    """PaddlePaddle reached its time limit."""

    default_code = "OAR-REFERENCE-TIMEOUT"


class DestinationError(OarlockError):
    """The bundle cannot be put where it should go."""

    default_code = "OAR-DESTINATION"
