from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from oarlock_opt import zoo
from oarlock_opt.zoo.count import count
from oarlock_opt.zoo.efficientnet_lite_spec import SPECS, Stage, stages

DPN = json.loads(Path(__file__).with_name("state_dicts.json").read_text())
del DPN["comment"]

# What PaddleClas publishes, in G and M.
PUBLISHED = {
    "DPN68": (2.3506, 12.677),
    "DPN92": (6.5434, 37.794),
    "DPN98": (11.7288, 61.736),
    "DPN107": (18.3811, 87.132),
    "DPN131": (16.0914, 79.478),
}


def shapes(network: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


@pytest.mark.parametrize("name", DPN)
def test_dpn_has_the_state_dict_of_paddleclas(name: str) -> None:
    found = shapes(zoo.get(name).build())
    lines = [f"{key} {'x'.join(map(str, shape))}" for key, shape in found.items()]
    assert len(lines) == DPN[name]["entries"]
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == DPN[name]["sha256"]


def test_dpn68_by_name() -> None:
    # The architecture rule worked out by hand: a stage's first block projects to 64 + 2 * 16 channels at first, later
    # blocks see what the dense path has grown to, and the blocks are numbered through all stages.
    found = shapes(zoo.get("DPN68").build())
    assert found["conv1_x_1_func._conv.weight"] == (10, 3, 3, 3)
    assert found["dpn1.c1x1_w_func._conv.weight"] == (96, 10, 1, 1)
    assert found["dpn1.c3x3_b_func._conv.weight"] == (128, 4, 3, 3)
    assert found["dpn3.c1x1_a_func._batch_norm._variance"] == (64 + 4 * 16,)
    assert found["dpn4.c1x1_w_func._conv.weight"] == (128 + 2 * 32, 64 + 5 * 16, 1, 1)
    assert found["dpn22.c1x1_c_func._conv.weight"] == (512 + 64, 1024, 1, 1)
    assert "dpn23.c1x1_a_func._conv.weight" not in found
    assert found["conv5_x_x_bn._mean"] == (512 + 5 * 64,)
    assert (found["out.weight"], found["out.bias"]) == ((832, 1000), (1000,))


@pytest.mark.parametrize("name", zoo.names())
def test_the_table_of_counts_is_that_of_the_built_networks(name: str) -> None:
    entry = zoo.get(name)
    assert count(name) == {"params": entry.params, "macs": entry.macs}


@pytest.mark.parametrize("name", DPN)
def test_counts_are_those_that_paddleclas_publishes(name: str) -> None:
    entry = zoo.get(name)
    assert (round(entry.macs / 1e9, 4), round(entry.params / 1e6, 3)) == PUBLISHED[name]


@pytest.mark.parametrize("name", SPECS)
def test_trainable_parameters_are_those_of_the_efficientnet_lite_readme(name: str) -> None:
    # It does not count batch norm's statistics.
    trainable = sum(int(value.size) for value in zoo.get(name).build().parameters() if not value.stop_gradient)
    published = {"EfficientNet-Lite0": 4.7, "EfficientNet-Lite1": 5.4, "EfficientNet-Lite2": 6.1}
    assert round(trainable / 1e6, 1) == published[name]


@pytest.mark.parametrize("name", ["DPN68", *SPECS])
def test_the_number_of_classes_is_free(name: str) -> None:
    import paddle

    entry = zoo.get(name)
    network = entry.build(class_num=7)
    network.eval()
    assert list(network(paddle.zeros([2, *entry.input_shape[1:]])).shape) == [2, 7]


@pytest.mark.parametrize(
    ("name", "additions"),
    [
        ("DPN68", 3 + 4 + 12 + 3),
        ("EfficientNet-Lite0", 1 + 1 + 2 + 2 + 3),
        ("EfficientNet-Lite1", 2 + 2 + 3 + 3 + 4),
        ("EfficientNet-Lite2", 2 + 2 + 3 + 3 + 4),
    ],
)
def test_residual_kernels_are_entries(name: str, additions: int) -> None:
    network = zoo.get(name).build()
    residual = network.residual_kernels()
    assert set(residual) <= set(shapes(network))
    assert len(residual) == additions


# Worked out by hand from TensorFlow's rule: an odd pixel goes to the bottom and the right, and where the side is odd
# before a stride of 2 (15 pixels in Lite1; 65, 33 and 17 in Lite2) the padding is the same all round.
@pytest.mark.parametrize(
    ("name", "paddings", "last_side"),
    [
        ("EfficientNet-Lite0", [[0, 1], [0, 1], [1, 2], [0, 1], [1, 2]], 7),
        ("EfficientNet-Lite1", [[0, 1], [0, 1], [1, 2], [0, 1], [2, 2]], 8),
        ("EfficientNet-Lite2", [[0, 1], [0, 1], [2, 2], [1, 1], [2, 2]], 9),
    ],
)
def test_same_padding(name: str, paddings: list[list[int]], last_side: int) -> None:
    import paddle

    entry = zoo.get(name)
    network = entry.build()
    network.eval()
    found, sides = [], []

    def record(layer: Any, inputs: Any) -> None:
        top, bottom, left, right = layer._padding if isinstance(layer._padding, list) else [layer._padding] * 4
        assert (top, bottom) == (left, right)
        found.append([top, bottom])

    for layer in network.sublayers():
        if isinstance(layer, paddle.nn.Conv2D) and layer._stride == [2, 2]:
            layer.register_forward_pre_hook(record)
    network.head.register_forward_pre_hook(lambda layer, inputs: sides.append(list(inputs[0].shape[2:])))
    network(paddle.zeros([1, *entry.input_shape[1:]]))
    assert found == paddings
    assert sides == [[last_side, last_side]]


def test_compound_scaling() -> None:
    # Repeats and channels, as the shapes of the published weights show them.
    lite1 = [(1, 16), (3, 24), (3, 40), (4, 80), (4, 112), (5, 192), (1, 320)]
    lite2 = [(1, 16), (3, 24), (3, 48), (4, 88), (4, 120), (5, 208), (1, 352)]
    for name, expected in (("EfficientNet-Lite1", lite1), ("EfficientNet-Lite2", lite2)):
        assert [(stage.repeats, stage.channels) for stage in stages(SPECS[name])] == expected
    assert stages(SPECS["EfficientNet-Lite2"])[2] == Stage(repeats=3, kernel=5, stride=2, expansion=6, channels=48)
