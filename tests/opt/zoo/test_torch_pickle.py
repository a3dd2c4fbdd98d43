from __future__ import annotations

import pickle

import numpy as np
import pytest

from oarlock_opt.zoo import torch_pickle
from oarlock_opt.zoo.errors import BadWeightsError
from tests.opt.zoo.pickles import Call, Global, Persistent, Raw, dumps, torch_file, torch_tensor

KERNEL = np.arange(24, dtype="<f4")
COUNTER = np.array([7], dtype="<i8")
STATE = {
    "conv.weight": torch_tensor("11", (2, 3, 4), count=24),
    "bn.num_batches_tracked": torch_tensor("22", (), count=1, storage="LongStorage"),
}
STORAGES = {"11": KERNEL, "22": COUNTER}


def read(data: bytes) -> dict[str, np.ndarray]:
    return torch_pickle.read(data, "net.pth")


def test_reads_names_shapes_and_values() -> None:
    data = torch_file(Call(Global("collections", "OrderedDict"), (), {"_metadata": {}}), {})
    assert read(data) == {}

    data = torch_file(STATE, STORAGES)
    assert torch_pickle.is_torch_file(data)
    state = read(data)
    assert list(state) == ["conv.weight", "bn.num_batches_tracked"]
    np.testing.assert_array_equal(state["conv.weight"], KERNEL.reshape(2, 3, 4))
    assert state["conv.weight"].dtype == np.float32
    assert state["bn.num_batches_tracked"].shape == ()
    assert state["bn.num_batches_tracked"] == 7


def test_reads_views_of_one_storage() -> None:
    state = {
        "transposed": torch_tensor("11", (4, 2), count=24, stride=(1, 4)),
        "tail": torch_tensor("11", (4,), count=24, offset=20),
        "empty": torch_tensor("11", (0, 5), count=24, offset=24),
    }
    found = read(torch_file(state, {"11": KERNEL}))
    np.testing.assert_array_equal(found["transposed"], KERNEL[:8].reshape(2, 4).T)
    np.testing.assert_array_equal(found["tail"], [20, 21, 22, 23])
    assert found["empty"].shape == (0, 5)


def test_accepts_an_empty_storage() -> None:
    found = read(torch_file({"none": torch_tensor("1", (0,), count=0)}, {"1": KERNEL[:0]}))
    assert found["none"].shape == (0,)


def test_runs_nothing(tmp_path) -> None:  # type: ignore[no-untyped-def]
    target = tmp_path / "made-by-a-pickle"
    call = Call(Global("os", "system"), (f"touch {target}",))
    for data in (
        torch_file(call, {}),
        torch_file({"w": call}, {}),
        torch_file({}, {}, facts=call),
        dumps(call),
        pickle.dumps(print),
    ):
        with pytest.raises(BadWeightsError, match=r"net\.pth: names '.*', which no weights file needs; nothing of it"):
            read(data)
    assert not target.exists()


@pytest.mark.parametrize(
    ("opcodes", "name"),
    [
        (b"\x82\x01", "EXT1"),
        (b"(ios\nsystem\n", "INST"),
        (b"Pspam\n", "PERSID"),
        (b"I1\n", "INT"),
        (b")\x81", "NEWOBJ"),
    ],
)
def test_refuses_opcodes_that_no_weights_need(opcodes: bytes, name: str) -> None:
    with pytest.raises(BadWeightsError, match=f"byte 0 has the opcode .*{name}.*, which no weights file needs"):
        read(dumps(Raw(opcodes)))


def test_every_truncation_is_an_error() -> None:
    data = torch_file(STATE, STORAGES)
    for length in range(len(data)):
        with pytest.raises(BadWeightsError):
            read(data[:length])


def test_every_mutation_is_accepted_or_an_error() -> None:
    data = torch_file(STATE, STORAGES)
    random = np.random.RandomState(0)
    refused = 0
    for _ in range(3000):
        mutated = bytearray(data)
        for _ in range(random.randint(1, 4)):
            mutated[random.randint(len(mutated))] = random.randint(256)
        try:
            for value in read(bytes(mutated)).values():
                value.sum()  # touches every element that the view claims to have
        except BadWeightsError:
            refused += 1
    assert refused > 1000


HUGE = 2**36


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (torch_file(STATE, STORAGES, magic=7), "does not begin with torch's magic number"),
        (torch_file(STATE, STORAGES, protocol=1002), "protocol version is not 1001"),
        (torch_file(STATE, STORAGES, facts={"little_endian": False}), "little-endian"),
        (torch_file(STATE, STORAGES, facts=[]), "little-endian"),
        (torch_file(STATE, STORAGES, keys=["11"]), "storage keys is not that of the 2 storages"),
        (torch_file(STATE, STORAGES, keys=["11", "11"]), "storage keys is not that of the 2 storages"),
        (torch_file(STATE, {**STORAGES, "11": KERNEL[:23]}), "storage '11' has 23 elements, the state dict says 24"),
        (torch_file(STATE, STORAGES) + b"more", "4 bytes follow the last storage"),
        (torch_file([], {}), "holds a list, expected a state dict"),
        (torch_file({"w": 3}, {}), "maps a str to an int, expected names to tensors"),
        (torch_file({3: torch_tensor("11", (24,), count=24)}, {"11": KERNEL}), "maps an int to a tensor"),
        (torch_file({"w": torch_tensor("1", (HUGE,), count=HUGE)}, {}), "68719476736 elements, more than a file of"),
        (torch_file({"w": torch_tensor("11", (25,), count=24)}, {"11": KERNEL}), "beyond the 24 elements"),
        (torch_file({"w": torch_tensor("11", (2,), count=24, offset=23)}, {"11": KERNEL}), "beyond the 24 elements"),
        (torch_file({"w": torch_tensor("11", (HUGE,), count=24, stride=(0,))}, {"11": KERNEL}), "beyond the 24"),
        (torch_file({"w": torch_tensor("11", (2,), count=24, stride=(-1,))}, {"11": KERNEL}), "no tuples of equal"),
        (torch_file({"w": torch_tensor("11", (2,), count=24, stride=(1, 1))}, {"11": KERNEL}), "no tuples of equal"),
        (torch_file({"w": torch_tensor("11", (1,) * 9, count=24)}, {"11": KERNEL}), "no tuples of equal"),
        (torch_file({"w": Persistent(("storage", "<f4", "1", "cpu"))}, {}), "a persistent id that is not"),
        (torch_file({"w": Persistent(("module", "<f4", "1", "cpu", 1))}, {}), "a persistent id that is not"),
        (torch_file({"w": Persistent(("storage", "O", "1", "cpu", 1))}, {}), "a persistent id that is not"),
        (torch_file({"w": Call(Global("torch._utils", "_rebuild_tensor_v2"), (1, 2, 3, 4))}, {}), "without storage"),
        (
            torch_file({"a": torch_tensor("11", (1,), count=24), "b": torch_tensor("11", (1,), count=1)}, {}),
            "'11' is described twice, differently",
        ),
        (b"", "no pickle at byte 0; expected a file of weights"),
        (dumps(Persistent("x")), "BINPERSID"),
        (dumps(Raw(b"Nr\xff\xff\xff\x7f")), "memo index 2147483647 at opcode 3"),
        (dumps(Raw(b"B\xff\xff\xff\x7f")), "damaged or truncated pickle at byte 0"),
        (dumps(Raw(b"\x8e" + b"\xff" * 7 + b"\x7f")), "damaged or truncated pickle at byte 0"),
        (dumps(Raw(b"NN\x86" * 400_000)), "more than 1000000 opcodes"),
    ],
)
def test_says_what_is_wrong(data: bytes, message: str) -> None:
    with pytest.raises(BadWeightsError, match=message) as caught:
        read(data)
    assert str(caught.value).startswith("net.pth: ")


@pytest.mark.parametrize("changed", [{"count": 10**6}, {"code": "O"}])
def test_a_pickle_cannot_change_what_was_checked(changed: dict[str, object]) -> None:
    storage = Persistent(("storage", Global("torch", "FloatStorage"), "11", "cpu", 24, None))
    hostile = Raw(b"".join(part[2:-1] for part in (dumps(storage), dumps(changed))) + b"b")
    rebuild = Call(Global("torch._utils", "_rebuild_tensor_v2"), (hostile, 0, (24,), (1,)))
    with pytest.raises(BadWeightsError, match="an attribute set on a storage"):
        read(torch_file({"w": rebuild}, {"11": KERNEL}))
