"""The process in which PaddlePaddle trains or exports.

Arguments: the file descriptor of a socket. The first message says what to do; while training, the answers to it and to
each one after that bring an epoch ("epoch"), the last says that all is done ("done").
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from oarlock._channel import Channel
from oarlock._child import settle
from oarlock.errors import OarlockError
from oarlock_opt._children import die_with_parent
from oarlock_opt.errors import TrainingFailedError
from oarlock_opt.train import checkpoint
from oarlock_opt.train.checkpoint import Epoch, Plan
from oarlock_opt.train.data import DataSet, picture_shape

__all__ = ["main"]


def main() -> None:
    """The whole life of the child; does not return."""
    die_with_parent()
    settle()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the owner has gone
        order, _ = channel.receive()
        # Read when PaddlePaddle is imported. One thread adds in one order, wherever it runs.
        os.environ.update({"FLAGS_enable_pir_api": order["pir"], "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})
        try:
            if "data" in order:
                _train(order, channel)
            else:
                _export(order)
            channel.send({"done": True})
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except OarlockError as error:
            channel.send({"error": error.message, "code": error.code})
        except Exception as error:
            text = f"PaddlePaddle failed: {type(error).__name__}: {error}"
            channel.send({"error": text, "code": TrainingFailedError.default_code})
    os._exit(0)


def _train(order: Mapping[str, Any], channel: Channel) -> None:
    import paddle

    from oarlock_opt.train._fit import fit
    from oarlock_opt.zoo.dpn import DPN

    plan = Plan.from_json(order["plan"])
    root, train_list, test_list = (None if it is None else Path(it) for it in order["data"])
    assert root is not None
    assert train_list is not None
    train, test = DataSet(root, train_list, test_list, plan.labels).read(plan.preprocess)

    paddle.set_device("cpu")
    paddle.seed(plan.recipe.seed)
    network = DPN(plan.spec, len(plan.labels))
    epochs: tuple[Epoch, ...] = ()
    for epoch in fit(network, train, test, plan.recipe):
        epochs = (*epochs, epoch)
        checkpoint.write(
            Path(order["out"]), plan, epochs, lambda path: paddle.save(network.state_dict(), str(path), protocol=4)
        )
        channel.send({"epoch": vars(epoch)})
        channel.receive()


def _export(order: Mapping[str, Any]) -> None:
    import paddle

    from oarlock_opt.zoo import _inference_model, weights
    from oarlock_opt.zoo.dpn import DPN

    trained = checkpoint.read(Path(order["trained"]))
    state = weights.read(trained.weights)
    paddle.set_device("cpu")
    with paddle.utils.unique_name.guard():
        network = DPN(trained.plan.spec, len(trained.plan.labels))
        weights.load(network, state, source=str(trained.weights))
        _inference_model.write(network, picture_shape(trained.plan.preprocess), Path(order["out"]))
