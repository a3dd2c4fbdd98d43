"""A variant against the answers that were recorded when its bundle was made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock import Bundle, images
from oarlock._preprocess_spec import PreprocessSpec
from oarlock_opt.golden import Case
from oarlock_opt.verify.explanation import explain
from oarlock_opt.verify.limits import Limits, broken
from oarlock_opt.verify.measures import Meter
from oarlock_opt.verify.places import Runner
from oarlock_opt.verify.results import Engine, Preprocessing, Stages

__all__ = ["cases", "compare_goldens"]

# How far from a whole number a byte may be that is computed back from a tensor.
_WHOLE = 0.02


def cases(bundle: Bundle) -> Iterator[Case]:
    """The golden cases of a bundle, one after another, their hashes checked; none where it has none.

    Raises OarlockError.
    """
    for case in (bundle.data["golden"] or {"cases": []})["cases"]:
        picture = None if case["image"] is None else images.load(bundle.file(case["image"]["file"]))
        sides = [
            {each["name"]: np.load(bundle.file(each["file"]), allow_pickle=False) for each in case[side]}
            for side in ("inputs", "outputs")
        ]
        yield Case(case["name"], picture, *sides)


def compare_goldens(bundle: Bundle, runner: Runner, limits: Limits, precision: str) -> Stages | None:
    """All golden cases of a bundle by a variant; None where there are none. Raises OarlockError."""
    meanings = {output["name"]: output["meaning"] for output in bundle.data["outputs"]}
    first = Preprocessing()
    engine = {name: Meter(meaning) for name, meaning in meanings.items()}
    whole = {name: Meter(meaning) for name, meaning in meanings.items()}
    for case in cases(bundle):
        answers = runner.run(case.inputs)
        _add(engine, case.outputs, answers)
        if case.picture is None:
            continue
        spec = bundle.preprocess
        assert spec is not None
        ((name, recorded),) = case.inputs.items()
        made = runner.tensor(case.picture)
        if not _compare(first, case.picture, recorded[0], made, spec):
            answers = runner.run({name: np.repeat(made[np.newaxis], len(recorded), axis=0)})
        _add(whole, case.outputs, answers)
    if not any(meter.measures().count for meter in engine.values()):
        return None
    pictures = bool(first.pictures)
    return Stages(
        "goldens",
        first if pictures else None,
        _stage(engine, limits, precision),
        _stage(whole, limits, precision) if pictures else None,
    )


def _add(meters: dict[str, Meter], recorded: dict[str, NDArray[Any]], answers: dict[str, NDArray[Any]]) -> None:
    for name, expected in recorded.items():
        found = answers[name].reshape(expected.shape)
        for row in range(len(expected)):
            meters[name].add(expected[row], found[row])


def _stage(meters: dict[str, Meter], limits: Limits, precision: str) -> Engine:
    """The figures of the first output that names classes, else of the first; the limits of all."""
    clauses = []
    for name, meter in meters.items():
        where = f" (output {name})" if len(meters) > 1 else ""
        clauses += [clause + where for clause in broken(meter.measures(), limits, precision, real=False)]
    shown = next((meter for meter in meters.values() if meter.classifies), next(iter(meters.values())))
    return Engine(shown.measures(), clauses)


def _compare(
    stage: Preprocessing,
    picture: NDArray[np.uint8],
    recorded: NDArray[np.float32],
    made: NDArray[np.float32],
    spec: PreprocessSpec,
) -> bool:
    """Note whether preprocessing makes of a picture what was recorded, to the bit; returns whether it does."""
    stage.pictures += 1
    if recorded.shape == made.shape and np.array_equal(recorded, made):
        return True
    explanation = explain(picture, recorded, spec)
    stage.cause = stage.cause or (None if explanation is None else explanation.sentence)
    difference = _bytes_differ(recorded, made, spec)
    in_bytes = difference is not None if explanation is None else explanation.stage == "bytes"
    if in_bytes:
        stage.bytes_differ += 1
        stage.largest_byte = max(stage.largest_byte, difference or 0)
    else:
        stage.tensors_differ += 1
        if recorded.shape == made.shape:
            stage.largest_tensor = max(stage.largest_tensor, float(np.abs(recorded - made).max()))
    return False


def _bytes_differ(recorded: NDArray[np.float32], made: NDArray[np.float32], spec: PreprocessSpec) -> int | None:
    """The largest difference of the bytes behind two tensors; None when the recorded one is not of whole bytes."""
    if recorded.shape != made.shape:
        return None
    shape = (3, 1, 1) if spec.layout == "NCHW" else (1, 1, 3)
    mean, std = (np.array(values, np.float64).reshape(shape) for values in (spec.mean, spec.std))
    sides = [(tensor.astype(np.float64) * std + mean) / spec.scale for tensor in (recorded, made)]
    whole = np.rint(sides[0])
    if np.abs(sides[0] - whole).max() > _WHOLE or whole.min() < 0 or whole.max() > 255:
        return None
    return int(np.abs(whole - np.rint(sides[1])).max())
