"""Whole networks: what PIR becomes runs as fast as what the older format does, since the engine fuses the same."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from oarlock import nb, store
from oarlock_opt.importer import legacy, passes, pir
from oarlock_opt.importer.graph import Graph
from oarlock_opt.lite import worker
from oarlock_opt.lite.targets import select
from oarlock_opt.source import SourceFiles
from tests.opt.importer.running import lite_answers, paddle_answers, relative_error

_EXPORTER = Path(__file__).with_name("export_networks.py")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mobilenet_v3_small and resnet50, each as PIR and as a legacy program. Not to be written to."""
    folder = tmp_path_factory.mktemp("networks")
    for kind in ("pir", "legacy"):
        command = [sys.executable, str(_EXPORTER), kind, str(folder), "mobilenet_v3_small", "resnet50"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
    return folder


def _files(exported: Path, name: str, kind: str) -> SourceFiles:
    folder = exported / name / kind
    return SourceFiles(
        folder / ("inference.json" if kind == "pir" else "inference.pdmodel"), folder / "inference.pdiparams"
    )


def _graph(files: SourceFiles) -> Graph:
    return pir.read(files) if files.program.suffix == ".json" else legacy.read(files)


def _operators(graph: Graph, target: str) -> Counter[str]:
    """The operators of the optimised model."""
    variants, _ = select([target], ["fp32"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = legacy.write(graph, folder)
        assert files.params is not None
        work = folder / "work"
        work.mkdir()
        engine = store.find("x86")
        (made,) = worker.optimize(files.program, files.params, variants, engine=engine, folder=work)
        return Counter(nb.describe(made.path)["ops"])


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("target", ["arm64", "x86"])
@pytest.mark.parametrize(("name", "fully_connected"), [("mobilenet_v3_small", 2), ("resnet50", 1)])
def test_the_engine_fuses_both_formats_alike(exported: Path, name: str, fully_connected: int, target: str) -> None:
    counts = []
    for kind in ("pir", "legacy"):
        graph = _graph(_files(exported, name, kind))
        passes.run(graph)
        counts.append(_operators(graph, target))
    assert counts[0] == counts[1]
    # Normalisations are in the convolutions, and so are biases.
    assert not {"batch_norm", "reshape2", "dropout"} & set(counts[0])
    assert counts[0]["fc" if target == "arm64" else "matmul_v2"] == fully_connected


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("kind", ["pir", "legacy"])
def test_the_answers_are_paddlepaddles(exported: Path, kind: str) -> None:
    files = _files(exported, "mobilenet_v3_small", kind)
    graph = _graph(files)
    passes.run(graph)
    feeds = [
        {"x": np.random.default_rng(batch).standard_normal((batch, 3, 224, 224)).astype(np.float32)} for batch in (1, 3)
    ]
    for found, expected in zip(lite_answers(graph, feeds), paddle_answers(files, feeds), strict=True):
        for array, wanted in zip(found.values(), expected.values(), strict=True):
            assert relative_error(array, wanted) < 1e-5
