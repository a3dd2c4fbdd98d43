"""Golden inputs for a bundle, and the reference's answers to them.

A model that takes pictures gets three generated pictures, preprocessed by the core, and a batch of two seeded tensors
where its batch is free; any other model gets seeded tensors of batch 1 and 2.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock._specs import TensorSpec
from oarlock.errors import BadImageError
from oarlock.preprocess import Preprocessor, PreprocessSpec
from oarlock_opt import reference
from oarlock_opt._answers import Known
from oarlock_opt._pictures import PICTURE_COUNT, picture, picture_size
from oarlock_opt.errors import PreprocessingError, ReferenceFailedError, ReferenceTimeoutError
from oarlock_opt.interface import Interface
from oarlock_opt.source import SourceFiles

__all__ = ["TOLERANCES", "Case", "Goldens", "record"]

TOLERANCES = {"fp32": 1e-5, "fp16": 1e-2, "int8w": 1e-1, "int16w": 1e-3}
"""By precision: the largest |difference| / largest |reference| that passes.

Some seven times and more of what DPN68 and EfficientNet-Lite0 showed on Paddle Lite's ARM engine: 1.3e-6 in fp32,
1.8e-3 in fp16, 1.4e-2 with weights in 8 bits, 4.9e-5 in 16 bits.
"""

_MAX_SCALE = 16
# What stands in for sizes that the model leaves open, other than the batch and the sides of pictures.
_FREE_SIZE = 32


@dataclass(frozen=True)
class Case:
    """A golden case: the picture, if there is one (uint8 (H, W, 3) RGB), the input tensors and the answers, by name."""

    name: str
    picture: NDArray[np.uint8] | None
    inputs: dict[str, NDArray[Any]]
    outputs: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Goldens:
    """The cases and what answered them."""

    cases: tuple[Case, ...]
    engine: str
    version: str
    device: str


def record(
    files: SourceFiles,
    interface: Interface,
    preprocess: PreprocessSpec | None,
    *,
    timeout: float,
    known: Known | None = None,
) -> Goldens:
    """Make the inputs and have PaddlePaddle answer them from the source files.

    ``known`` has the answers of earlier runs.

    Raises ReferenceFailedError (also when an answer is not finite), PreprocessingError and OSError.
    """
    inputs = _picture_inputs(interface, preprocess) if preprocess is not None else []
    inputs += [(name, None, feed) for name, feed in _tensor_inputs(interface, preprocess is not None)]
    feeds = [feed for _, _, feed in inputs]
    result = known.find(feeds) if known is not None else None
    if result is None:
        try:
            result = reference.run(files, feeds, timeout=timeout)
        except ReferenceFailedError as error:
            raise _advised(error) from error
        if known is not None:
            known.keep(feeds, result)
    cases = []
    for (name, image, feed), outputs in zip(inputs, result.outputs, strict=True):
        _check(outputs, files.program, name)
        cases.append(Case(name, image, feed, reference.named(outputs, interface)))
    return Goldens(tuple(cases), result.engine, result.version, result.device)


def _advised(error: ReferenceFailedError) -> ReferenceFailedError:
    longer = "give it longer with --timeout SECONDS, or " if isinstance(error, ReferenceTimeoutError) else ""
    advice = f"{longer}make the bundle without reference answers: --no-golden"
    return type(error)(f"{error.message}; {advice}", op=error.op, output=error.output)


def _picture_inputs(
    interface: Interface, preprocess: PreprocessSpec
) -> list[tuple[str, NDArray[np.uint8] | None, dict[str, NDArray[Any]]]]:
    preprocessor = Preprocessor(preprocess)
    (tensor,) = interface.inputs
    scale = _scale(preprocessor)
    inputs: list[tuple[str, NDArray[np.uint8] | None, dict[str, NDArray[Any]]]] = []
    for index in range(PICTURE_COUNT):
        image = picture(index, scale)
        # A model whose batch is fixed gets the picture as often as that.
        batch = np.repeat(preprocessor(image)[np.newaxis], max(tensor.shape[0], 1), axis=0)
        inputs.append((f"picture-{index + 1}", image, {tensor.name: batch}))
    return inputs


def _scale(preprocessor: Preprocessor) -> int:
    """How much larger the pictures must be so that the crop fits, which matters when nothing resizes them."""
    for scale in range(1, _MAX_SCALE + 1):
        try:
            for index in range(PICTURE_COUNT):
                preprocessor.output_size(*picture_size(index, scale))
        except BadImageError:
            continue
        return scale
    raise PreprocessingError(
        f"the crop of {preprocessor.spec.center_crop} pixels is larger than any golden picture; make the bundle with "
        "--no-golden"
    )


def _tensor_inputs(interface: Interface, pictures: bool) -> list[tuple[str, dict[str, NDArray[Any]]]]:
    free = all(tensor.shape[:1] == (-1,) for tensor in interface.inputs)
    if not free:
        return [] if pictures else [("tensors", _feed(interface, 1))]
    batches = (2,) if pictures else (1, 2)
    return [(f"tensors-batch-{batch}", _feed(interface, batch)) for batch in batches]


def _feed(interface: Interface, batch: int) -> dict[str, NDArray[Any]]:
    return {tensor.name: _tensor(tensor, batch) for tensor in interface.inputs}


def _tensor(tensor: TensorSpec, batch: int) -> NDArray[Any]:
    """Seeded by the tensor's name. Whole numbers are 0 or 1, which every index and every flag allows."""
    sizes = [batch if axis == 0 else _FREE_SIZE for axis in range(len(tensor.shape))]
    shape = [size if size != -1 else free for size, free in zip(tensor.shape, sizes, strict=True)]
    random = np.random.default_rng(zlib.crc32(tensor.name.encode()))
    if tensor.dtype.startswith("float"):
        return random.standard_normal(shape).astype(tensor.dtype)
    return random.integers(0, 2, shape).astype(tensor.dtype)


def _check(outputs: Mapping[str, NDArray[Any]], program: Path, case: str) -> None:
    for name, array in outputs.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ReferenceFailedError(
                f"{program}: the output {name!r} has NaN or infinity in it for the golden input {case}, in "
                "PaddlePaddle itself; see whether the parameters are the right ones. Without reference answers the "
                "bundle can be made with --no-golden."
            )
