"""What PaddlePaddle is asked to run on, and what it ran on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from oarlock.errors import InvalidArgumentError
from oarlock_opt.errors import ReferenceDeviceError

__all__ = ["Facts", "Options", "engine_name"]

_DEVICES = ("auto", "gpu", "cpu")
_PRECISIONS = ("fp32", "fp16")
_MOST_THREADS = 64


@dataclass(frozen=True)
class Options:
    """How the reference answers.

    ``device`` "auto" is the first GPU where PaddlePaddle is built for CUDA and sees one, else the CPU. ``precision``
    "fp16" and ``tensorrt`` need a GPU; with either, PaddlePaddle rewrites the program before it runs it, which it is
    not allowed otherwise. ``threads``, 1 to 64, are those of the CPU; more than one may change the last bits.

    Raises InvalidArgumentError, and ReferenceDeviceError for fp16 or TensorRT on the CPU.
    """

    device: Literal["auto", "gpu", "cpu"] = "auto"
    precision: Literal["fp32", "fp16"] = "fp32"
    tensorrt: bool = False
    threads: int = 1

    def __post_init__(self) -> None:
        for name, value, known in (("device", self.device, _DEVICES), ("precision", self.precision, _PRECISIONS)):
            if value not in known:
                raise InvalidArgumentError(f"{name} is {value!r}, expected {', '.join(known)}")
        if not 1 <= self.threads <= _MOST_THREADS:
            raise InvalidArgumentError(f"threads is {self.threads}, expected 1 to {_MOST_THREADS}")
        if self.device == "cpu" and (wish := self.gpu_wish) is not None:
            raise ReferenceDeviceError(
                f"{wish} needs a GPU, and the device is cpu; choose the device gpu, or do without"
            )

    @property
    def gpu_wish(self) -> str | None:
        """What of this cannot be had on a CPU; None where all can."""
        if self.tensorrt:
            return "TensorRT"
        return "the reference in fp16" if self.precision == "fp16" else None


@dataclass(frozen=True)
class Facts:
    """What answers: ``engine`` in words, the ``version`` of PaddlePaddle, and where.

    ``device`` is "cpu", or "gpu (NVIDIA A10)" with the GPU's name.
    """

    engine: str
    version: str
    device: str
    threads: int
    precision: str
    tensorrt: bool


def engine_name(options: Options, *, gpu: bool) -> str:
    """How the answers are made, for records: "PaddlePaddle inference (no graph optimisation, …)"."""
    if gpu:
        how = ["CUDA"]
        if options.tensorrt:
            how.append("TensorRT")
        how.append("fp16" if options.precision == "fp16" else "fp32 without TF32")
        if not options.tensorrt and options.precision == "fp32":
            how.append("no graph optimisation")
    else:
        threads = "one thread" if options.threads == 1 else f"{options.threads} threads"
        how = ["no graph optimisation", "no oneDNN", threads]
    return f"PaddlePaddle inference ({', '.join(how)})"
