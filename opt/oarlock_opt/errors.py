"""Everything that oarlock_opt raises on purpose, below ``oarlock.errors.OarlockError``.

OarlockError
├── SourceError                             a model that was given cannot be used
│   ├── SourceNotFoundError                 no model at the path, or one of its files is missing
│   ├── AmbiguousSourceError                two models where one is meant
│   ├── UnsupportedSourceError              a model of a kind that this version does not read
│   ├── UnsupportedOpError                  an operator that cannot be converted
│   ├── BadProgramError                     the program is damaged, or none
│   │   └── BadGraphError                   it can be read, and contradicts itself or is no inference program
│   └── BadParamsError                      the parameters are damaged, or another model's
├── OptimizerError                          Paddle Lite's optimiser gave no model
│   ├── OptimizerUnavailableError           the worker program or the engine's library cannot be used
│   ├── NoKernelError                       it knows no kernel for an operator; found before it runs
│   ├── OptimizerAbortedError               it gave up and said why
│   ├── OptimizerCrashedError               a segmentation fault or the like
│   ├── OptimizerTimeoutError               the time limit was reached
│   ├── OptimizerKilledError                something ended the worker from outside
│   ├── OptimizerMemoryError                not enough memory
│   └── OptimizerOutputError                the result could not be written, or there was none
├── TargetError                             a target or precision that cannot be made
├── CalibrationError                        no int8 model came of the calibration
│   ├── CalibrationDataError                the pictures or tensors to calibrate with cannot be used
│   ├── CalibrationFailedError              PaddlePaddle could not calibrate the model
│   └── CalibrationLimitError               no choice of operators in int8 keeps to the limit
├── ReferenceFailedError                    PaddlePaddle gave no reference answers
│   ├── ReferenceUnavailableError           PaddlePaddle is not installed
│   ├── ReferenceDeviceError                not on the device, or not in the precision, that was asked for
│   └── ReferenceTimeoutError               the time limit was reached
├── TrainingError                           nothing was trained
│   ├── TrainingDataError                   the pictures or the list to train with cannot be used
│   └── TrainingFailedError                 PaddlePaddle could not train, or the loss is no number
├── DeviceError                             another place than this machine cannot be used
│   ├── UnreachableError                    no such host, or nobody answers there
│   ├── HostKeyError                        the host's key is another one, or not known
│   ├── AccessRefusedError                  the host does not let this user in without a password
│   ├── ConnectionLostError                 the connection broke off
│   ├── TransferError                       files cannot be put there
│   ├── UnfitError                          the place lacks what a variant, or the program, needs
│   ├── ProgramMissingError                 oarlock-classify was not built for the target
│   └── DeviceProgramError                  oarlock-classify failed or died there
└── DestinationError                        the bundle cannot be put where it should go

All but the root are HostErrors, which know the stage of the work that they end, and where it can be told the operator,
its attribute and what the engine printed. LabelsError and PreprocessingError are oarlock's. Codes are stable, for
programs; messages are sentences, for people. docs/errors.md lists all of them.
"""

from __future__ import annotations

from typing import ClassVar

from oarlock.errors import LabelsError, OarlockError, PreprocessingError

__all__ = [
    "AccessRefusedError",
    "AmbiguousSourceError",
    "BadGraphError",
    "BadParamsError",
    "BadProgramError",
    "CalibrationDataError",
    "CalibrationError",
    "CalibrationFailedError",
    "CalibrationLimitError",
    "ConnectionLostError",
    "DestinationError",
    "DeviceError",
    "DeviceProgramError",
    "HostError",
    "HostKeyError",
    "LabelsError",
    "NoKernelError",
    "OptimizerAbortedError",
    "OptimizerCrashedError",
    "OptimizerError",
    "OptimizerKilledError",
    "OptimizerMemoryError",
    "OptimizerOutputError",
    "OptimizerTimeoutError",
    "OptimizerUnavailableError",
    "PreprocessingError",
    "ProgramMissingError",
    "ReferenceDeviceError",
    "ReferenceFailedError",
    "ReferenceTimeoutError",
    "ReferenceUnavailableError",
    "SourceError",
    "SourceNotFoundError",
    "TargetError",
    "TrainingDataError",
    "TrainingError",
    "TrainingFailedError",
    "TransferError",
    "UnfitError",
    "UnreachableError",
    "UnsupportedOpError",
    "UnsupportedSourceError",
    "VerifyError",
]


class HostError(OarlockError):
    """Root of what this package raises.

    ``stage`` is the part of the work that failed, one of docs/errors.md. ``op`` is the operator that is at fault, by
    its type, and ``attribute`` an attribute or slot of it; ``output`` is what Paddle Lite or PaddlePaddle printed. Each
    is "" where it is not known.
    """

    stage: ClassVar[str] = "import"

    def __init__(
        self, message: str, *, code: str | None = None, op: str = "", attribute: str = "", output: str = ""
    ) -> None:
        super().__init__(message, code=code)
        self.op = op
        self.attribute = attribute
        self.output = output

    def details(self) -> dict[str, str]:
        """What is known of these, by the names of docs/schema/error.schema.json."""
        known = {"stage": self.stage, "op": self.op, "attribute": self.attribute, "engine_output": self.output}
        return {name: value for name, value in known.items() if value}


class SourceError(HostError):
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


class UnsupportedOpError(SourceError):
    """An operator that cannot be converted, named with its layer and what it reads."""

    default_code = "OAR-IMPORT-OP"


class BadProgramError(SourceError):
    """The program is damaged, or none."""

    default_code = "OAR-SOURCE-PROGRAM"


class BadGraphError(BadProgramError):
    """The program can be read, but contradicts itself, or is not that of an inference model."""

    default_code = "OAR-SOURCE-GRAPH"


class BadParamsError(SourceError):
    """The parameters are damaged, or another model's."""

    default_code = "OAR-SOURCE-PARAMS"


class OptimizerError(HostError):
    """Paddle Lite's optimiser gave no model. ``variants`` are the ids of what it was making, separated by ", "."""

    default_code = "OAR-OPT"
    stage = "optimise"
    variants: str = ""


class OptimizerUnavailableError(OptimizerError):
    """The worker program or the engine's library cannot be used."""

    default_code = "OAR-OPT-UNAVAILABLE"


class NoKernelError(OptimizerError):
    """The engine has no kernel for an operator of the model on a target, or does not know the operator at all."""

    default_code = "OAR-NO-KERNEL"


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


class TargetError(HostError):
    """A target or precision that cannot be made."""

    default_code = "OAR-TARGET"
    stage = "optimise"


class CalibrationError(HostError):
    """No int8 model came of the calibration."""

    default_code = "OAR-CALIBRATION"
    stage = "calibrate"


class CalibrationDataError(CalibrationError):
    """The pictures or tensors to calibrate with, or their labels, cannot be used."""

    default_code = "OAR-CALIBRATION-DATA"


class CalibrationFailedError(CalibrationError):
    """PaddlePaddle could not calibrate the model."""

    default_code = "OAR-CALIBRATION-FAILED"


class CalibrationLimitError(CalibrationError):
    """No choice of operators in int8 keeps to the limit."""

    default_code = "OAR-CALIBRATION-LIMIT"


class ReferenceFailedError(HostError):
    """PaddlePaddle gave no reference answers."""

    default_code = "OAR-REFERENCE"
    stage = "reference"


class ReferenceUnavailableError(ReferenceFailedError):
    """PaddlePaddle is not installed."""

    default_code = "OAR-REFERENCE-UNAVAILABLE"


class ReferenceDeviceError(ReferenceFailedError):
    """PaddlePaddle cannot run on the device, or in the precision, that was asked for."""

    default_code = "OAR-REFERENCE-DEVICE"


class ReferenceTimeoutError(ReferenceFailedError):
    """PaddlePaddle reached its time limit."""

    default_code = "OAR-REFERENCE-TIMEOUT"


class VerifyError(HostError):
    """What was asked for cannot be verified."""

    default_code = "OAR-VERIFY"
    stage = "verify"


class TrainingError(HostError):
    """Nothing was trained."""

    default_code = "OAR-TRAINING"
    stage = "train"


class TrainingDataError(TrainingError):
    """The pictures or the list to train with cannot be used."""

    default_code = "OAR-TRAINING-DATA"


class TrainingFailedError(TrainingError):
    """PaddlePaddle could not train, or the loss is no number."""

    default_code = "OAR-TRAINING-FAILED"


class DeviceError(HostError):
    """Another place than this machine, a board or an emulator, cannot be used."""

    default_code = "OAR-DEVICE"
    stage = "device"


class UnreachableError(DeviceError):
    """No such host, or nobody answers there."""

    default_code = "OAR-UNREACHABLE"


class HostKeyError(DeviceError):
    """The key of the host is not the one that is known of it, or none is known."""

    default_code = "OAR-HOST-KEY"


class AccessRefusedError(DeviceError):
    """The host does not let this user in without a password."""

    default_code = "OAR-ACCESS-REFUSED"


class ConnectionLostError(DeviceError):
    """The connection broke off."""

    default_code = "OAR-CONNECTION-LOST"


class TransferError(DeviceError):
    """Files cannot be put there: a full disk, no permission, other bytes than were sent."""

    default_code = "OAR-TRANSFER"


class UnfitError(DeviceError):
    """The place lacks what a variant, or the program that runs it, needs."""

    default_code = "OAR-UNFIT"


class ProgramMissingError(DeviceError):
    """oarlock-classify was not built for the target."""

    default_code = "OAR-PROGRAM-MISSING"


class DeviceProgramError(DeviceError):
    """oarlock-classify failed or died there."""

    default_code = "OAR-DEVICE-PROGRAM"


class DestinationError(HostError):
    """The bundle cannot be put where it should go."""

    default_code = "OAR-DESTINATION"
    stage = "write"
