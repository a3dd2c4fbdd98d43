"""Weights in 8 and 16 bits: the whole numbers are those of the optimiser, and what they cost is recorded."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from oarlock import store
from oarlock_opt.cache import Cache
from oarlock_opt.commands.opt import opt
from oarlock_opt.imported import Imported, import_model
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, Value
from oarlock_opt.inspection.nb_graph import read_nb
from oarlock_opt.lite.targets import select
from oarlock_opt.lite.worker import optimize
from oarlock_opt.quantize.weights_only import round_weights
from oarlock_opt.source import SourceFiles, find_files
from oarlock_opt.zoo.export import export
from tests.opt.quantize.conftest import SPEC
from tests.schemas import validate


def test_channels_are_rounded_by_their_largest_weight() -> None:
    x, out = Value("x", "float32", (-1, 3)), Value("out", "float32", (-1, 2))
    graph = Graph([x], [out], {}, [])
    weight = graph.add_parameter("w", ArrayTensor(np.array([[127, 0], [1.4, 25.4], [-1.6, 0.09]], np.float32)))
    graph.nodes.append(Node("matmul_v2", {"X": [x], "Y": [weight]}, {"Out": [out]}))
    assert round_weights(graph, 8) == 1
    expected = np.array([[127, 0], [1, 25.4], [-2, 0]], np.float32)
    np.testing.assert_allclose(graph.parameters[weight].array(), expected, rtol=1e-6)


@pytest.mark.parametrize(("bits", "largest"), [(8, 1 / 254), (16, 1 / 65534)])
def test_no_weight_moves_by_more_than_half_a_step(digits: Imported, bits: int, largest: float) -> None:
    graph, before = legacy.read(digits.program), legacy.read(digits.program)
    assert round_weights(graph, bits) == 3
    for value, original in zip(graph.parameters, before.parameters, strict=True):
        ours, theirs = graph.parameters[value].array(), before.parameters[original].array()
        assert np.abs(ours - theirs).max() <= np.abs(theirs).max() * largest * 1.001


def test_the_bundle_records_what_they_cost(models: Path, pictures: Path, engine: Path, tmp_path: Path) -> None:
    preprocess = tmp_path / "preprocess.json"
    preprocess.write_text(json.dumps(SPEC.to_json()), encoding="utf-8")
    arguments = [
        models / "digits", "-o", tmp_path / "d.oar", "--target", "arm64", "--precision", "int8w,int16w", "--json",
        "--calibrate", pictures, "--preprocess", preprocess, "--labels", "none", "--no-golden",
    ]  # fmt: skip
    result = CliRunner().invoke(opt, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    validate(said, "opt")
    validate(json.loads((tmp_path / "d.oar" / "bundle.json").read_text(encoding="utf-8")), "bundle")
    int8w, int16w = (it["quantisation"] for it in said["variants"])
    assert (int8w["bits"], int16w["bits"]) == (8, 16)
    assert 0 < int16w["measured"]["relative_error"] < int8w["measured"]["relative_error"] < 0.1
    assert int8w["measured"]["pictures"] == 10


@pytest.fixture(scope="module")
def mobile(tmp_path_factory: pytest.TempPathFactory) -> SourceFiles:
    """EfficientNet-Lite0 with random weights: convolutions, also depthwise ones, batch normalisations, a product."""
    source = tmp_path_factory.mktemp("zoo") / "lite0"
    export("EfficientNetLite0", "random", source, seed=0)
    folder = source.with_name("program")
    folder.mkdir()
    return import_model(find_files(source), None, lite_version="2.12", folder=folder, cache=Cache.none()).program


@pytest.mark.parametrize(("precision", "bits"), [("int8w", 8), ("int16w", 16)])
def test_the_whole_numbers_are_those_of_the_optimiser(
    mobile: SourceFiles, engine: Path, tmp_path: Path, precision: str, bits: int
) -> None:
    assert engine.is_file()
    assert mobile.params is not None
    variants, _ = select(["arm64"], [precision])
    (made,) = optimize(mobile.program, mobile.params, variants, engine=store.find("x86"), folder=tmp_path)
    stored = {value.name: data.array() for value, data in read_nb(made.path).graph.parameters.items()}
    rounded, largest = legacy.read(mobile), 2 ** (bits - 1) - 1
    depthwise = {node.input("Filter").name for node in rounded.nodes if node.type == "depthwise_conv2d"}
    weights = [value for value in rounded.parameters if len(value.shape) > 1 and value.name not in depthwise]
    assert round_weights(rounded, bits) == len(weights)
    assert all(stored[name].dtype == np.float32 for name in depthwise)
    for value in weights:
        ours, theirs = rounded.parameters[value].array(), stored[value.name]
        assert theirs.dtype == f"int{bits}"
        others = tuple(range(1, ours.ndim)) if ours.ndim == 4 else (0,)
        steps = np.abs(ours).max(others, keepdims=True) / largest
        # Folding a batch normalisation may change the sign of a channel, and a number halfway between two.
        difference = np.abs(np.round(np.abs(ours / steps)) - np.abs(theirs.astype(np.float64)))
        assert difference.max() <= 1
        assert (difference > 0).mean() < 0.01
