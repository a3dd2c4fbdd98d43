from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oarlock_opt import zoo
from oarlock_opt.zoo import weights
from oarlock_opt.zoo.errors import BadWeightsError, WeightsMismatchError, WeightsUnavailableError
from tests.opt.zoo.pickles import torch_file, torch_tensor

State = dict[str, Any]


@pytest.fixture(scope="module")
def dpn68() -> Any:
    return zoo.get("DPN68").build()


def shapes(network: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


@pytest.fixture
def state(dpn68: Any) -> State:
    return {name: np.full(shape, 0.5, np.float32) for name, shape in shapes(dpn68).items()}


def refusal(network: Any, state: State) -> str:
    before = {name: value.numpy() for name, value in network.state_dict().items()}
    with pytest.raises(WeightsMismatchError) as caught:
        weights.load(network, state, source="net.pdparams")
    for name, value in network.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name])
    return str(caught.value)


def test_what_paddle_saved_loads_unchanged(tmp_path: Path) -> None:
    import paddle

    saved, loaded = zoo.get("DPN68").build(), zoo.get("DPN68").build()
    paddle.save(saved.state_dict(), str(tmp_path / "DPN68_pretrained.pdparams"))
    weights.load(loaded, weights.read(tmp_path / "DPN68_pretrained.pdparams"), source="it")
    for name, value in saved.state_dict().items():
        np.testing.assert_array_equal(loaded.state_dict()[name].numpy(), value.numpy())


def test_other_precisions_are_converted(dpn68: Any, state: State) -> None:
    state["out.bias"] = np.linspace(0, 1, 1000, dtype=np.float64)
    state["out.weight"] = state["out.weight"].astype(np.float16)
    weights.load(dpn68, state, source="it")
    np.testing.assert_array_equal(dpn68.out.bias.numpy(), np.linspace(0, 1, 1000).astype(np.float32))
    assert (dpn68.out.weight.numpy() == 0.5).all()


def test_every_kind_of_fault_is_listed(dpn68: Any, state: State) -> None:
    del state["dpn2.c1x1_a_func._conv.weight"]
    state["head\x1b[2J.weight"] = np.zeros((3, 4), np.float32)
    state["out.weight"] = np.zeros((832, 10), np.float32)
    state["out.bias"] = np.zeros(1000, np.int64)
    state["conv5_x_x_bn._mean"] = np.full(832, np.nan, np.float32)
    state["conv5_x_x_bn.bias"] = np.full(832, 1e300)
    assert refusal(dpn68, state) == (
        "net.pdparams: does not fit the network, which has 361 entries: "
        "1 missing: dpn2.c1x1_a_func._conv.weight (128, 112, 1, 1); "
        "1 unexpected: 'head\\x1b[2J.weight' (3, 4); "
        "1 misshapen: out.weight is (832, 10), expected (832, 1000); "
        "1 not floating-point: out.bias is int64; "
        "2 with NaN or infinity: conv5_x_x_bn.bias, conv5_x_x_bn._mean"
    )


def test_the_first_twenty_are_listed_and_all_are_counted(dpn68: Any) -> None:
    message = refusal(dpn68, {f"layer{index}.weight": np.zeros(2, np.float32) for index in range(30)})
    assert "361 missing: conv1_x_1_func._conv.weight (10, 3, 3, 3), " in message
    assert message.count("dpn1.") == 15
    assert "dpn2." not in message
    assert " and 341 more; 30 unexpected: layer0.weight (2,), " in message
    assert message.endswith("layer19.weight (2,) and 10 more")


def test_torch_names_become_ours() -> None:
    entry = zoo.get("EfficientNet-Lite0")
    assert entry.from_torch is not None
    matrix = np.arange(6.0).reshape(2, 3)
    found = entry.from_torch(
        {
            "_conv_stem.weight": matrix,
            "_bn0.running_mean": matrix,
            "_bn0.num_batches_tracked": matrix,
            "_blocks.0._depthwise_conv.weight": matrix,
            "_blocks.12._expand_conv.weight": matrix,
            "_blocks.12._bn2.running_var": matrix,
            "_bn1.bias": matrix,
            "_fc.weight": matrix,
            "_fc.bias": matrix,
            "_blocks.0._se_reduce.weight": matrix,
            "module": matrix,
        }
    )
    assert list(found) == [
        "stem.conv.weight",
        "stem.norm._mean",
        "blocks.0.depthwise.conv.weight",
        "blocks.12.expand.conv.weight",
        "blocks.12.project.norm._variance",
        "head.norm.bias",
        "classifier.weight",
        "classifier.bias",
        "_blocks.0._se_reduce.weight",
        "module",
    ]
    np.testing.assert_array_equal(found["classifier.weight"], matrix.T)
    np.testing.assert_array_equal(found["stem.conv.weight"], matrix)


def test_torch_files_are_for_the_models_that_know_their_names(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    bias = np.arange(3, dtype="<f4")
    path.write_bytes(torch_file({"_fc.bias": torch_tensor("1", (3,), count=3)}, {"1": bias}))
    np.testing.assert_array_equal(weights.read(path, zoo.get("EfficientNet-Lite0"))["classifier.bias"], bias)
    with pytest.raises(BadWeightsError, match=r"net\.pth: is a file of torch's; DPN68 needs a \.pdparams"):
        weights.read(path, zoo.get("DPN68"))


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net"
    for data, message in (
        (b"PK\x03\x04", "net: is a zip archive, as torch.save writes it since version 1.6; expected a .pdparams"),
        (b"\x89PNG\r\n", "net: no pickle at byte 0; expected a file of weights"),
        (b"", "net: no pickle at byte 0; expected a file of weights"),
    ):
        path.write_bytes(data)
        with pytest.raises(BadWeightsError, match=message):
            weights.read(path)


def test_choices(tmp_path: Path) -> None:
    dpn, lite = zoo.get("DPN68"), zoo.get("EfficientNet-Lite0")
    for entry, value, message in (
        (dpn, "imagenet", "DPN68: PyPI has no ImageNet weights for it. Give the file that its authors publish"),
        (dpn, "randon", "randon: no such file; the weights for DPN68 are one of: random, FILE"),
        (lite, "image-net", "the weights for EfficientNet-Lite0 are one of: imagenet, random, FILE"),
        (lite, str(tmp_path), "is a folder"),
    ):
        with pytest.raises(WeightsUnavailableError, match=message):
            weights.check_choice(entry, value)
    (tmp_path / "file").touch()
    for value in ("imagenet", "random", str(tmp_path / "file")):
        weights.check_choice(lite, value)
