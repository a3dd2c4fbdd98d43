"""Runs models to compare their answers: through PaddlePaddle, and through Paddle Lite for x86.

A model is a graph, which is written as a legacy program first, or the files of one that PaddlePaddle saved.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from oarlock import IsolatedSession, store
from oarlock_opt.errors import OptimizerError
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import Graph
from oarlock_opt.lite import worker
from oarlock_opt.lite.targets import select
from oarlock_opt.source import SourceFiles

__all__ = ["accepted_by_lite", "lite_answers", "paddle_answers", "relative_error"]

Feed: TypeAlias = Mapping[str, NDArray[Any]]
Answer: TypeAlias = dict[str, NDArray[Any]]


def paddle_answers(model: Graph | SourceFiles, feeds: Sequence[Feed]) -> list[Answer]:
    """What PaddlePaddle's inference answers to each feed, by the outputs' names, with its graph optimisation off.

    It runs in this process: a model that makes PaddlePaddle crash ends the tests.
    """
    from paddle import inference

    with _files(model) as files:
        config = inference.Config(str(files.program), "" if files.params is None else str(files.params))
        config.disable_gpu()
        config.disable_mkldnn()
        config.switch_ir_optim(False)
        config.disable_glog_info()
        predictor = inference.create_predictor(config)
    answers = []
    for feed in feeds:
        for name, array in feed.items():
            handle = predictor.get_input_handle(name)
            handle.reshape(array.shape)
            handle.copy_from_cpu(np.ascontiguousarray(array))
        predictor.run()
        names = predictor.get_output_names()
        answers.append({name: predictor.get_output_handle(name).copy_to_cpu() for name in names})
    return answers


def lite_answers(model: Graph | SourceFiles, feeds: Sequence[Feed]) -> list[Answer]:
    """What Paddle Lite 2.12 for x86 answers to each feed, by the outputs' names.

    No pass is applied to the graph: run ``oarlock_opt.importer.passes.run(graph)`` before where they are wanted. Raises
    OptimizerError when the optimiser does not take the model, EngineCrashedError when the engine dies of it.
    """
    with _optimized(model, "x86") as path, IsolatedSession(path) as session:
        return [session.run(feed) for feed in feeds]


def accepted_by_lite(model: Graph | SourceFiles, target: str) -> bool:
    """Whether Paddle Lite's optimiser takes the model for "x86", "arm64" or "armv7"; the answers are not looked at."""
    try:
        with _optimized(model, target):
            return True
    except OptimizerError as error:
        print(error.message)  # pytest shows it when an assertion fails
        return False


def relative_error(found: NDArray[Any], expected: NDArray[Any]) -> float:
    """The largest |difference| / the largest |expected|; shapes and dtypes must be equal, and all of it finite."""
    assert found.shape == expected.shape, f"shape {found.shape}, expected {expected.shape}"
    assert found.dtype == expected.dtype, f"dtype {found.dtype}, expected {expected.dtype}"
    assert np.isfinite(found).all()
    assert np.isfinite(expected).all()
    if found.size == 0:
        return 0.0
    difference = np.abs(found.astype(np.float64) - expected.astype(np.float64)).max()
    return float(difference / (np.abs(expected.astype(np.float64)).max() or 1.0))


@contextmanager
def _files(model: Graph | SourceFiles) -> Iterator[SourceFiles]:
    if isinstance(model, SourceFiles):
        yield model
        return
    with tempfile.TemporaryDirectory() as folder:
        yield legacy.write(model, Path(folder))


@contextmanager
def _optimized(model: Graph | SourceFiles, target: str) -> Iterator[Path]:
    variants, _ = select([target], ["fp32"])
    with _files(model) as files, tempfile.TemporaryDirectory() as folder:
        params = files.params
        if params is None:
            params = Path(folder) / "none.pdiparams"
            params.touch()
        engine = store.find("x86")
        (optimized,) = worker.optimize(files.program, params, variants, engine=engine, folder=Path(folder))
        yield optimized.path
