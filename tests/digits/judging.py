"""What a model says of the test pictures, and how much of it is right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oarlock import images
from oarlock.preprocess import Preprocessor, PreprocessSpec
from oarlock_opt.reference import Reference
from oarlock_opt.source import find_files

_BATCH = 50


class HasTestList(Protocol):
    """A Digits or a DigitsDPN."""

    @property
    def root(self) -> Path: ...

    @property
    def test_list(self) -> Path: ...


def pictures_to_test(digits: HasTestList) -> list[tuple[Path, int]]:
    """The test list: each picture's path and class."""
    lines = digits.test_list.read_text(encoding="utf-8").splitlines()
    return [(digits.root / path, int(label)) for path, label in (line.rsplit(" ", 1) for line in lines)]


def accuracy(places: list[int], digits: HasTestList) -> float:
    """The part of the test list whose class is in its place in ``places``."""
    classes = [label for _, label in pictures_to_test(digits)]
    return sum(place == label for place, label in zip(places, classes, strict=True)) / len(classes)


def first_places(model: Path, digits: HasTestList, preprocess: PreprocessSpec) -> list[int]:
    """What PaddlePaddle's own inference puts first for each test picture, after the core's preprocessing."""
    return [int(row.argmax()) for row in _logits(model, digits, Preprocessor(preprocess))]


def bundle_places(
    oarlock_cli: Callable[..., CompletedProcess[str]], bundle: Path, variant: str, digits: HasTestList, folder: Path
) -> list[int]:
    """What ``oarlock predict`` puts first for each; ``folder`` is one for a list of the pictures."""
    listed = folder / "pictures.txt"
    listed.write_text("".join(f"{path}\n" for path, _ in pictures_to_test(digits)), encoding="utf-8")
    said = oarlock_cli("predict", bundle, f"@{listed}", "--variant", variant, "--top", "1", "--json").stdout
    answers = [json.loads(line) for line in said.splitlines()]
    assert [it["file"] for it in answers] == listed.read_text(encoding="utf-8").splitlines()
    assert {it["variant"] for it in answers} == {variant}
    return [it["top"][0]["class_id"] for it in answers]


def _logits(model: Path, digits: HasTestList, preprocessor: Preprocessor) -> Iterator[NDArray[Any]]:
    pictures = [path for path, _ in pictures_to_test(digits)]
    with Reference.open(find_files(model)) as reference:
        for start in range(0, len(pictures), _BATCH):
            batch = np.stack([preprocessor(images.load(path)) for path in pictures[start : start + _BATCH]])
            (outputs,) = reference.run({"x": batch}).values()
            yield from outputs
