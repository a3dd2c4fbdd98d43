"""The calibration data: pictures through the model's preprocessing, or tensors, chosen by a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock import images
from oarlock._specs import TensorSpec
from oarlock.errors import BadImageError
from oarlock.preprocess import Preprocessor, PreprocessSpec
from oarlock_opt.errors import CalibrationDataError

__all__ = ["Batch", "Sample", "Samples", "find", "split"]

_MOST_HELD_OUT = 256
_LEAST_PICTURES = 8
_TENSORS = (".npy", ".npz")


@dataclass(frozen=True)
class Sample:
    """A file, and the class that it shows where that is known."""

    path: Path
    label: int | None = None


@dataclass(frozen=True)
class Batch:
    """A feed for the model. Only the first ``count`` rows count; the others fill a batch of fixed size."""

    feed: dict[str, NDArray[Any]]
    count: int


@dataclass(frozen=True)
class Samples:
    """Files that can be read as batches, as often as needed, so that memory does not grow with their number."""

    items: tuple[Sample, ...]
    inputs: tuple[TensorSpec, ...]
    preprocess: PreprocessSpec | None

    def __len__(self) -> int:
        return len(self.items)

    @property
    def labels(self) -> tuple[int, ...] | None:
        """The class of each; None unless all are known."""
        known = [it.label for it in self.items if it.label is not None]
        return tuple(known) if len(known) == len(self.items) and known else None

    def some(self, count: int) -> Samples:
        """At most ``count`` of them, evenly spread."""
        if count >= len(self.items):
            return self
        chosen = tuple(self.items[index * len(self.items) // count] for index in range(count))
        return Samples(chosen, self.inputs, self.preprocess)

    def batches(self, size: int) -> Iterator[Batch]:
        """All, in batches of ``size``, or of the model's own where it is fixed. Raises OarlockError and OSError."""
        fixed = self.inputs[0].shape[0]
        size = fixed if fixed > 0 else size
        read = self._pictures() if self.preprocess is not None else self._tensors()
        rows: list[dict[str, NDArray[Any]]] = []
        for row in read:
            rows.append(row)
            if len(rows) == size:
                yield _joined(rows, size)
                rows = []
        if rows:
            yield _joined(rows, fixed)

    def _pictures(self) -> Iterator[dict[str, NDArray[Any]]]:
        assert self.preprocess is not None
        preprocessor = Preprocessor(self.preprocess)
        name = self.inputs[0].name
        for sample in self.items:
            pixels = images.load(sample.path, self.preprocess.exif_orientation)
            try:
                yield {name: preprocessor(pixels)}
            except BadImageError as error:
                raise BadImageError(f"{sample.path}: {error.message}", code=error.code) from error

    def _tensors(self) -> Iterator[dict[str, NDArray[Any]]]:
        for sample in self.items:
            yield _read_tensors(sample.path, self.inputs)


def find(folder: Path, *, pictures: bool) -> list[Sample]:
    """The pictures, or the files with tensors, in a folder and below it, in the order of their paths.

    Raises CalibrationDataError when there are none, and OSError.
    """
    if not folder.is_dir():
        raise CalibrationDataError(f"{folder}: no such folder; expected one with calibration data in it")
    suffixes = images.SUFFIXES if pictures else _TENSORS
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file())
    if not found:
        what = "pictures" if pictures else "tensors (.npy; .npz for a model with several inputs)"
        other = "" if pictures else " The model takes no pictures; where it does, give --preprocess FILE."
        raise CalibrationDataError(f"{folder}: holds none of the {what} that calibration needs.{other}")
    return [Sample(path) for path in found]


def split(found: Sequence[Sample], count: int, *, seed: int, hold_out: bool) -> tuple[list[Sample], list[Sample]]:
    """At most ``count`` to calibrate with, and at most 256 others to judge by, both chosen and ordered by ``seed``.

    Where there are few, a quarter is held out. Without ``hold_out`` none are. Raises CalibrationDataError when there
    are too few to hold some out.
    """
    order = np.random.default_rng(seed).permutation(len(found))
    shuffled = [found[index] for index in order]
    if not hold_out:
        return shuffled[:count], []
    if len(found) < _LEAST_PICTURES:
        raise CalibrationDataError(
            f"{found[0].path.parent}: {len(found)} files to calibrate with, expected {_LEAST_PICTURES} or more, of "
            "which some are held out to judge by; give more, or those to judge by with --validate DIR"
        )
    held = min(_MOST_HELD_OUT, max(len(found) - count, len(found) // 4))
    return shuffled[held:][:count], shuffled[:held]


def _joined(rows: Sequence[dict[str, NDArray[Any]]], fixed: int) -> Batch:
    """A batch of the rows; the last one again and again up to ``fixed``."""
    filled = [*rows, *[rows[-1]] * (fixed - len(rows))]
    try:
        return Batch({name: np.stack([row[name] for row in filled]) for name in filled[0]}, len(rows))
    except ValueError as error:
        raise CalibrationDataError(f"the calibration data differ in shape: {error}; expected one shape") from None


def _read_tensors(path: Path, inputs: Sequence[TensorSpec]) -> dict[str, NDArray[Any]]:
    try:
        content = np.load(path, allow_pickle=False)
        arrays = {inputs[0].name: content} if isinstance(content, np.ndarray) else dict(content)
    except (ValueError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise CalibrationDataError(f"{path}: not a file of NumPy's with numbers in it ({error})") from None
    names = [tensor.name for tensor in inputs]
    if set(arrays) != set(names):
        raise CalibrationDataError(
            f"{path}: holds {', '.join(arrays)}, expected an array for each input of the model, {', '.join(names)} "
            "(numpy.savez)"
        )
    return {tensor.name: _one(arrays[tensor.name], tensor, path) for tensor in inputs}


def _one(array: NDArray[Any], tensor: TensorSpec, path: Path) -> NDArray[Any]:
    """An input without its batch, which may be there with the size 1."""
    expected = tensor.shape[1:]
    if array.ndim == len(tensor.shape) and array.shape[0] == 1:
        array = array[0]
    fits = array.ndim == len(expected) and all(
        size in (-1, found) for size, found in zip(expected, array.shape, strict=True)
    )
    if not fits or array.dtype.name != tensor.dtype:
        raise CalibrationDataError(
            f"{path}: {array.dtype} of shape {list(array.shape)}, expected {tensor.dtype} of shape {list(expected)} "
            f"for the input {tensor.name!r}"
        )
    return array
