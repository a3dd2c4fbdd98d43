"""Paddle Lite's int8 kernels for x86: where they are wrong, and that programs written for them answer right."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock.errors import EngineCrashedError
from oarlock_opt.cache import Cache
from oarlock_opt.errors import TargetError
from oarlock_opt.imported import import_model
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import Graph
from oarlock_opt.lite.x86_int8 import Choices, use_right_kernels
from oarlock_opt.source import SourceFiles, find_files
from tests.conftest import Figure, run_oarlock
from tests.opt.importer.running import lite_answers, paddle_answers, relative_error
from tests.opt.lite.quantized import INPUT_SCALE, Quantized

_CALIBRATE = Path(__file__).with_name("calibrate.py")
_FLIPS = 0.05
"""A rounding that falls the other way is passed on by the layers after it: PaddlePaddle's own answers to DPN68 and
EfficientNet-Lite0 change by 0.02 of the largest one when the quantised program is written with other operators."""

pytestmark = pytest.mark.usefixtures("engine")


def _picture(graph: Graph, batch: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(5).standard_normal((batch, *graph.inputs[0].shape[1:])).astype(np.float32)


def _error(graph: Graph, batch: int = 1) -> float:
    """How far Paddle Lite is from PaddlePaddle for the same program; inf where it answers NaN."""
    feed = {"x": _picture(graph, batch)}
    (expected,) = paddle_answers(graph, [feed])[0].values()
    (found,) = lite_answers(graph, [feed])[0].values()
    if not np.isfinite(found).all():
        return np.inf
    return relative_error(found, expected)


def _convolution(*, largest: int = 127, shape: tuple[int, ...] = (8, 8, 8)) -> Graph:
    net = Quantized(shape, largest=largest)
    return net.finish(net.convolution(net.x, 16))


def _grouped(*, bias: bool) -> Graph:
    net = Quantized((8, 8, 8), largest=63)
    return net.finish(net.convolution(net.x, 16, groups=4, bias=bias))


def _depthwise(*, bias: bool = True) -> Graph:
    net = Quantized((8, 8, 8))
    return net.finish(net.convolution(net.x, 8, groups=8, bias=bias))


def _leaky(alpha: float) -> Graph:
    net = Quantized((8, 8, 8), largest=63)
    hidden = net.unary("leaky_relu", net.convolution(net.x, 16), alpha=alpha)
    return net.finish(net.convolution(hidden, 8))


def _product(kind: str, *, bias: bool, depth: int = 128) -> Graph:
    net = Quantized((depth,), largest=63)
    return net.finish(net.product(net.x, 10, kind=kind, bias=bias))


def _branches() -> Graph:
    """Two layers that read one value, and their sum."""
    net = Quantized((8, 8, 8))
    first = net.unary("relu", net.convolution(net.x, 8, 1))
    return net.finish(net.convolution(net.add(first, net.convolution(first, 8)), 4, stride=2))


_NETWORKS: dict[str, tuple[Callable[[], Graph], Choices]] = {
    "large weights": (_convolution, Choices(1, 0)),
    "groups without a bias": (lambda: _grouped(bias=False), Choices(1, 0)),
    "depthwise": (_depthwise, Choices(1, 0)),
    "depthwise without a bias": (lambda: _depthwise(bias=False), Choices(1, 0)),
    "leaky ReLU": (lambda: _leaky(0.1), Choices(2, 0)),
    "branches": (_branches, Choices(3, 0)),
    "matmul_v2": (lambda: _product("matmul_v2", bias=False), Choices(1, 0)),
    "matmul_v2 and a bias": (lambda: _product("matmul_v2", bias=True), Choices(1, 0)),
    "mul and a bias": (lambda: _product("mul", bias=True), Choices(1, 0)),
    "rows that are not aligned": (lambda: _product("matmul_v2", bias=True, depth=42), Choices(0, 1)),
    "a picture that is not aligned": (lambda: _convolution(shape=(8, 7, 7)), Choices(0, 1)),
}


@pytest.mark.parametrize("name", _NETWORKS)
def test_written_for_the_kernels_a_program_answers_right(name: str) -> None:
    make, choices = _NETWORKS[name]
    graph, original = make(), make()
    assert use_right_kernels(graph, "2.12") == choices
    for batch in (1, 3):
        feed = {"x": _picture(graph, batch)}
        (expected,) = paddle_answers(original, [feed])[0].values()
        (found,) = lite_answers(graph, [feed])[0].values()
        assert relative_error(found, expected) < 1e-5


def test_the_version_without_int8_kernels_computes_the_same_in_fp32() -> None:
    graph, original = _branches(), _branches()
    assert use_right_kernels(graph, "2.10") == Choices(0, 3)
    feed = {"x": _picture(graph)}
    (expected,) = paddle_answers(original, [feed])[0].values()
    assert relative_error(*lite_answers(graph, [feed])[0].values(), expected) < 1e-5


# What follows shows the engine's faults. Where one of these fails, the engine was mended: see docs/int8-on-x86.md.


def test_sums_of_two_products_saturate_in_the_convolution() -> None:
    net = Quantized((8, 8, 8))
    graph = net.finish(net.convolution(net.x, 16, 1))
    (found,) = lite_answers(graph, [{"x": _picture(graph)}])[0].values()
    parameters = {value.name: data.array() for value, data in graph.parameters.items()}
    weights, scales = parameters["w"].reshape(16, 8).astype(np.int64), parameters["scales"]
    rounded = np.clip(np.rint(_picture(graph).reshape(8, 64) * 127 / INPUT_SCALE), -127, 127).astype(np.int64)
    products = weights[:, :, np.newaxis] * (rounded + 128)
    pairs = products[:, 0::2] + products[:, 1::2]
    for sums, right in ((pairs, False), (pairs.clip(-(1 << 15), (1 << 15) - 1), True)):
        whole = sums.sum(axis=1) - 128 * weights.sum(axis=1, keepdims=True)
        value = whole * (scales / 127)[:, np.newaxis] * INPUT_SCALE / 127 + parameters["b"][:, np.newaxis]
        error = relative_error(found.reshape(16, 64), (2 * value).astype(np.float32))
        assert error < 1e-5 if right else error > 0.05


def test_with_small_weights_the_convolution_is_right() -> None:
    assert _error(_convolution(largest=127)) > 0.05
    assert _error(_convolution(largest=64)) < 1e-5


def test_groups_without_a_bias_crash_the_convolution() -> None:
    assert _error(_grouped(bias=True)) < 1e-5
    with pytest.raises(EngineCrashedError):
        _error(_grouped(bias=False))


def test_the_last_elements_of_a_picture_that_is_not_aligned_are_left_out() -> None:
    assert _error(_convolution(largest=63, shape=(32, 7, 7))) < 1e-5
    assert _error(_convolution(largest=63, shape=(8, 7, 7))) > 0.01


def test_leaky_relu_that_is_fused_into_a_convolution_is_wrong() -> None:
    assert _error(_leaky(0.1)) > 0.05


@pytest.mark.parametrize("bias", [False, True])
def test_a_product_takes_whole_numbers_for_floats(bias: bool) -> None:
    assert _error(_product("matmul_v2", bias=bias)) > 0.5


def test_a_fully_connected_layer_adds_one_bias_to_all_of_its_outputs() -> None:
    assert _error(_product("mul", bias=True)) > 0.05


# Programs that are not as PaddlePaddle's static quantisation writes them, channel by channel.


def test_another_way_to_quantise_is_refused() -> None:
    graph = _convolution()
    graph.nodes[2].type = "fake_dequantize_max_abs"
    with pytest.raises(TargetError, match="x86-int8: the program has the operator fake_dequantize_max_abs") as caught:
        use_right_kernels(graph, "2.12")
    assert caught.value.code == "OAR-TARGET"


def test_scales_that_the_program_computes_are_refused() -> None:
    graph = _convolution()
    graph.nodes[1].origin = "conv1"
    del graph.parameters[graph.nodes[2].inputs["Scales"][0]]
    with pytest.raises(TargetError, match=r"conv1 \(conv2d\) is quantised in a way that is not known"):
        use_right_kernels(graph, "2.12")


@pytest.mark.full
@pytest.mark.parametrize(("name", "ops"), [("DPN68", 72), ("EfficientNetLite0", 50)])
def test_a_network_answers_as_the_quantised_program_does(name: str, ops: int, tmp_path: Path, figure: Figure) -> None:
    weights = "imagenet" if name == "EfficientNetLite0" else "random"
    run_oarlock("export", name, "--weights", weights, "-o", tmp_path / "source")
    folder = tmp_path / "imported"
    folder.mkdir()
    model = import_model(
        find_files(tmp_path / "source"), None, lite_version="2.12", folder=folder, cache=Cache.none()
    ).program
    pictures = np.random.default_rng(0).standard_normal((12, 3, 224, 224)).astype(np.float32)
    np.save(tmp_path / "pictures.npy", pictures[:8])
    quantized = tmp_path / "quantized"
    command = [sys.executable, str(_CALIBRATE), str(model.program), str(model.params)]
    command += [str(tmp_path / "pictures.npy"), str(quantized)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    files = SourceFiles(quantized / "model.pdmodel", quantized / "model.pdiparams")
    graph = legacy.read(files)
    feeds = [{graph.inputs[0].name: picture[np.newaxis]} for picture in pictures[8:]]

    def answers(found: list[dict[str, NDArray[np.float32]]]) -> NDArray[np.float32]:
        return np.concatenate([next(iter(each.values())) for each in found])

    expected = answers(paddle_answers(files, feeds))
    assert np.isnan(answers(lite_answers(files, feeds))).any()  # why this is needed
    assert use_right_kernels(graph, "2.12") == Choices(ops, 0)
    found = answers(lite_answers(graph, feeds))
    error = relative_error(found, expected)
    figure(f"{name} in int8 on x86: relative error against the quantised program", error)
    assert error < _FLIPS
