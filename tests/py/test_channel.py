"""Messages with arrays between a process and the one that holds its engine."""

from __future__ import annotations

import json
import socket

import numpy as np
import pytest

from oarlock._channel import Channel, Garbled


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 4), (2, 0, 3), (1,) * 8])
def test_arrays(dtype: str, shape: tuple[int, ...]) -> None:
    ours, theirs = map(Channel, socket.socketpair())
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    ours.send({"hello": "é"}, [array, array])
    message, received = theirs.receive()
    assert message == {"hello": "é"}
    for it in received:
        assert it.dtype == dtype
        np.testing.assert_array_equal(it, array)
    ours.close()
    with pytest.raises(EOFError):
        theirs.receive()
    theirs.close()


def test_an_end_in_the_middle() -> None:
    sender, receiver = socket.socketpair()
    channel = Channel(receiver)
    sender.sendall(b"\x20\0\0\0" + json.dumps({"tensors": []}).encode())
    sender.close()
    with pytest.raises(EOFError):
        channel.receive()
    channel.close()


def test_a_header_that_is_too_long() -> None:
    sender, receiver = socket.socketpair()
    channel = Channel(receiver)
    sender.sendall(b"\x01\0\x10\0")
    with pytest.raises(Garbled, match="a header of 1048577 bytes"):
        channel.receive()
    channel.close()
    sender.close()
