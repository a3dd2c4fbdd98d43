from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oarlock_opt.zoo import paddle_pickle
from oarlock_opt.zoo.errors import BadWeightsError
from tests.opt.zoo.pickles import Call, Global, Persistent, Raw, dumps, paddle_array

KERNEL = np.arange(24, dtype="<f4").reshape(2, 3, 4)


def read(data: bytes) -> dict[str, np.ndarray]:
    return paddle_pickle.read(data, "net.pdparams")


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("kind", [dict, OrderedDict])
def test_reads_what_pickle_writes(protocol: int, kind: type[dict[str, object]]) -> None:
    state = kind(
        {
            "w": KERNEL,
            "columns": np.asfortranarray(KERNEL),
            "big_endian": KERNEL.astype(">f8"),
            "half": KERNEL.astype(np.float16),
            "counter": np.array(7),
            "none": np.empty((0, 3), np.float32),
            "StructuredToParameterName@@": {"w": "conv_0.w_0"},
        }
    )
    found = read(pickle.dumps(state, protocol))
    assert list(found) == ["w", "columns", "big_endian", "half", "counter", "none"]
    for name, value in found.items():
        np.testing.assert_array_equal(value, state[name])
        assert value.dtype == state[name].dtype  # type: ignore[attr-defined]
        assert value.shape == state[name].shape  # type: ignore[attr-defined]


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_reads_what_paddle_saves(protocol: int, tmp_path: Path) -> None:
    import paddle

    layer = paddle.nn.Sequential(paddle.nn.Conv2D(3, 4, 3), paddle.nn.BatchNorm2D(4))
    paddle.save(layer.state_dict(), str(tmp_path / "state.pdparams"), protocol=protocol)
    # Beside something that is no tensor, tensors become pairs (parameter name, array).
    paddle.save({**layer.state_dict(), "epochs": [1]}, str(tmp_path / "pairs.pdparams"), protocol=protocol)

    found = read((tmp_path / "state.pdparams").read_bytes())
    assert list(found) == list(layer.state_dict())
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(found[name], value.numpy())
    with pytest.raises(BadWeightsError, match=r"net\.pdparams: entry 'epochs' is a list, expected an array"):
        read((tmp_path / "pairs.pdparams").read_bytes())


def test_reads_pairs_and_python_2() -> None:
    pair = Call(Global("__builtin__", "tuple"), (("conv_0.w_0", paddle_array(KERNEL)),))
    np.testing.assert_array_equal(read(dumps({"w": pair}))["w"], KERNEL)

    raw = KERNEL.tobytes()
    python_2 = paddle_array(KERNEL, data=Raw(b"T" + len(raw).to_bytes(4, "little") + raw))
    np.testing.assert_array_equal(read(dumps({"w": python_2}))["w"], KERNEL)


def test_runs_nothing(tmp_path: Path) -> None:
    target = tmp_path / "made-by-a-pickle"

    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (target,)

    for data in (
        pickle.dumps({"w": Hostile()}, 4),
        dumps(Call(Global("os", "system"), (f"touch {target}",))),
        dumps({"w": Call(Global("builtins", "eval"), ("data", {"data": 1}))}),
        dumps({"w": Call(Global("builtins", "getattr"), (Global("numpy", "dtype"), "type"))}),
    ):
        with pytest.raises(BadWeightsError, match=r"names '.*', which no weights file needs; nothing of it was run"):
            read(data)
    assert not target.exists()


def test_every_truncation_is_an_error() -> None:
    data = pickle.dumps({"w": KERNEL, "b": KERNEL[0]}, 4)
    for length in range(len(data)):
        with pytest.raises(BadWeightsError):
            read(data[:length])


@pytest.mark.parametrize("protocol", [2, 4])
def test_every_mutation_is_accepted_or_an_error(protocol: int) -> None:
    data = pickle.dumps({"w": KERNEL, "b": KERNEL[0]}, protocol)
    random = np.random.RandomState(0)
    refused = 0
    for _ in range(3000):
        mutated = bytearray(data)
        for _ in range(random.randint(1, 4)):
            mutated[random.randint(len(mutated))] = random.randint(256)
        try:
            read(bytes(mutated))
        except BadWeightsError:
            refused += 1
    assert refused > 1000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not a pickle at all", "no pickle at byte 0; expected a file of weights"),
        (dumps([]), "holds a list, expected a state dict"),
        (dumps(None), "holds nothing, expected a state dict"),
        (dumps({3: paddle_array(KERNEL)}), "the state dict has an int for a key, expected a name"),
        (dumps({"w": {}}), "entry 'w' is a dict, expected an array"),
        (dumps({"w": Call(Global("numpy.core.multiarray", "_reconstruct"), ())}), "entry 'w' is an array, expected"),
        (dumps({"w": paddle_array(KERNEL)}) + b"!", "1 bytes follow the state dict"),
        (dumps({"w": paddle_array(KERNEL, shape=(2, 3, 5))}), r"shape \(2, 3, 5\) with 96 bytes of data, expected 120"),
        (dumps({"w": paddle_array(KERNEL, shape=(2**39, 2**39))}), "with 96 bytes of data, expected"),
        (dumps({"w": paddle_array(KERNEL, shape=(2, -3, -4))}), "no tuple of sizes"),
        (dumps({"w": paddle_array(KERNEL, shape=(1,) * 9)}), "no tuple of sizes"),
        (dumps({"w": paddle_array(KERNEL, shape=[24])}), "no tuple of sizes"),
        (dumps({"w": paddle_array(KERNEL, code="O8")}), "a dtype that is no plain number"),
        (dumps({"w": paddle_array(KERNEL, code="V4")}), "a dtype that is no plain number"),
        (dumps({"w": paddle_array(KERNEL, data=[1])}), "without dtype or data"),
        (dumps({"w": Call(Global("_codecs", "encode"), ("x", "utf-16"))}), "encoded otherwise than latin1"),
        (dumps({"w": Call(Global("builtins", "bytes"), (2**40,))}), "damaged pickle"),
        (dumps({"w": Call(Global("builtins", "tuple"), ([1] * 3,))}), "no pair"),
        (dumps(Persistent("x")), "BINPERSID"),
    ],
)
def test_says_what_is_wrong(data: bytes, message: str) -> None:
    with pytest.raises(BadWeightsError, match=message) as caught:
        read(data)
    assert str(caught.value).startswith("net.pdparams: ")
