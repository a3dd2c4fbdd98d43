"""Pictures to train with: PaddleClas' list files, checked before any work begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oarlock import images
from oarlock.errors import InvalidArgumentError, OarlockError
from oarlock.preprocess import Preprocessor, PreprocessSpec, ResizeExact
from oarlock_opt.errors import TrainingDataError

__all__ = ["DataSet", "Pictures", "picture_shape"]

_LISTED = 3


@dataclass(frozen=True)
class DataSet:
    """Two lists, of which the second may be missing, and the classes that they speak of.

    A line is a picture's path from ``root``, a space and a class, a number below ``len(labels)``; paths may hold
    spaces. ``labels`` has the classes' names.
    """

    root: Path
    train_list: Path
    test_list: Path | None
    labels: tuple[str, ...]

    def read(self, preprocess: PreprocessSpec) -> tuple[Pictures, Pictures | None]:
        """The pictures to train with, among which every class is, and those to test with.

        Raises TrainingDataError, which names the line or class, and OSError. Pictures are not opened.
        """
        train = self._pictures(self.train_list, preprocess)
        missing = sorted(set(range(len(self.labels))) - set(train.labels))
        if missing:
            first = f"class {missing[0]} ({self.labels[missing[0]]!r})"
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            verb = "have" if more else "has"
            raise TrainingDataError(
                f"{self.train_list}: {first}{more} {verb} no picture, expected one or more for each of "
                f"{len(self.labels)} classes; add pictures, or take the class from the labels"
            )
        return train, None if self.test_list is None else self._pictures(self.test_list, preprocess)

    def _pictures(self, file: Path, preprocess: PreprocessSpec) -> Pictures:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            raise TrainingDataError(f"{file}: is not text in UTF-8, expected lines of a path and a class") from None
        paths, labels, faults = [], [], []
        for number, line in enumerate(lines, 1):
            # PaddleClas, too, lets a path hold spaces.
            path, _, text = line.strip().rpartition(" ")
            if path and text.isascii() and text.isdigit() and int(text) < len(self.labels):
                paths.append(self.root / path)
                labels.append(int(text))
            elif line.strip():
                faults.append(f"line {number} is {line.strip()[:80]!r}")
        if faults:
            raise TrainingDataError(
                f"{file}: {_listed(faults)}, expected a path, a space and a class from 0 to {len(self.labels) - 1}"
            )
        if not paths:
            raise TrainingDataError(f"{file}: names no picture, expected lines of a path, a space and a class")
        return Pictures(file, tuple(paths), tuple(labels), preprocess)


@dataclass(frozen=True)
class Pictures:
    """The pictures of a list, read when they are needed, so that memory does not grow with their number."""

    file: Path
    paths: tuple[Path, ...]
    labels: tuple[int, ...]
    preprocess: PreprocessSpec

    def __len__(self) -> int:
        return len(self.paths)

    def check(self) -> None:
        """Read every picture once. Raises TrainingDataError, which counts those that cannot be read."""
        preprocessor = Preprocessor(self.preprocess)
        faults = []
        for path in self.paths:
            try:
                self._prepared(path, preprocessor)
            except OarlockError as error:
                faults.append(error.message if str(path) in error.message else f"{path}: {error.message}")
        if faults:
            raise TrainingDataError(
                f"{self.file}: {len(faults)} of {len(self)} pictures cannot be used: {_listed(faults)}; mend the "
                "pictures, or take their lines from the list"
            )

    def batch(self, indices: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Pictures, float32 (N, 3, H, W), and their classes, (N,).

        The bits are those of the core's preprocessing, as wherever the network will run. Raises OarlockError.
        """
        preprocessor = Preprocessor(self.preprocess)
        prepared = [self._prepared(self.paths[index], preprocessor) for index in indices]
        return np.stack(prepared), np.array([self.labels[index] for index in indices], np.int64)

    def _prepared(self, path: Path, preprocessor: Preprocessor) -> NDArray[np.float32]:
        return preprocessor(images.load(path, self.preprocess.exif_orientation))


def picture_shape(preprocess: PreprocessSpec) -> tuple[int, int, int]:
    """(3, H, W): what every picture becomes.

    Raises InvalidArgumentError where pictures become as large as they happen to be, or channels come last.
    """
    if preprocess.layout != "NCHW":
        raise InvalidArgumentError(f"preprocess.layout is {preprocess.layout!r}, expected 'NCHW' to train a network")
    if preprocess.center_crop is not None:
        width, height = preprocess.center_crop
    elif isinstance(preprocess.resize, ResizeExact):
        width, height = preprocess.resize.width, preprocess.resize.height
    else:
        raise InvalidArgumentError(
            "preprocess gives pictures of any size, expected a center_crop, or a resize to a width and height"
        )
    return 3, height, width


def _listed(faults: Sequence[str]) -> str:
    more = f" and {len(faults) - _LISTED} more" if len(faults) > _LISTED else ""
    return f"{', '.join(faults[:_LISTED])}{more}"
