"""Every operator converted on its own, and its legacy program run by PaddlePaddle against PaddlePaddle's run of PIR."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock_opt.importer import pir
from oarlock_opt.importer.pir._parser import parse
from oarlock_opt.importer.pir.handlers import HANDLERS
from oarlock_opt.source import find_files
from tests.opt.importer.pir.cases import CASES, Case
from tests.opt.importer.running import paddle_answers, relative_error


@pytest.mark.parametrize("name", sorted(CASES))
def test_answers_as_paddlepaddle_does(name: str, case_models: Path) -> None:
    case = CASES[name]
    files = find_files(case_models / name)
    free = any(None in each.shape for each in case.inputs.values())
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    feeds = [_feed(case, batch, rng) for batch in ((1, 3) if free else (1,))]
    expected = paddle_answers(files, feeds)
    found = paddle_answers(pir.read(files), feeds)
    for each, other in zip(expected, found, strict=True):
        assert list(each) == list(other)
        for output in each:
            _compare(other[output], each[output])


def _compare(found: NDArray[Any], expected: NDArray[Any]) -> None:
    infinite = ~np.isfinite(expected) if expected.dtype.kind == "f" else np.zeros(expected.shape, bool)
    np.testing.assert_array_equal(found[infinite], expected[infinite])
    limit = 1e-12 if expected.dtype == np.float64 else 1e-6
    assert relative_error(np.where(infinite, 0, found), np.where(infinite, 0, expected)) <= limit


def _feed(case: Case, batch: int, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    feed = {}
    for name, each in case.inputs.items():
        shape = [batch if size is None else size for size in each.shape]
        if each.dtype.startswith("int"):
            feed[name] = rng.integers(int(each.low), int(each.high), shape).astype(each.dtype)
        else:
            feed[name] = rng.uniform(each.low, each.high, shape).astype(each.dtype)
    return feed


# PaddlePaddle does not save these on a processor without accelerators; test_handlers.py has them.
_ELSEWHERE = {"memcpy_d2h", "memcpy_h2d", "sync_batch_norm"}


def test_every_handler_has_a_case(case_models: Path) -> None:
    saved = {
        operation.short_name.removesuffix("_")
        for name in CASES
        for operation in parse(case_models / name / "inference.json").operations
    }
    assert set(HANDLERS) - saved == _ELSEWHERE
