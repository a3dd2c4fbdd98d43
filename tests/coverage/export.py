"""``python -m tests.coverage.export NAME pir|legacy FOLDER [FILE]``: a network with random weights.

A process of its own, since the format must be chosen before PaddlePaddle is imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.coverage.architectures import find


def main(name: str, form: str, folder: Path, own: Path | None) -> None:
    if form == "legacy":
        os.environ["FLAGS_enable_pir_api"] = "0"  # noqa: SIM112
    import numpy as np
    import paddle

    architecture = find(name, own)
    paddle.seed(0)
    network = architecture.build()
    # Statistics of batch normalisation that are not the identity.
    network.train()
    noise = np.random.default_rng(0).standard_normal((2, *architecture.input_shape)).astype(np.float32)
    with paddle.no_grad():
        network(paddle.to_tensor(noise))
    network.eval()
    spec = paddle.static.InputSpec([None, *architecture.input_shape], "float32", name="x")
    paddle.jit.save(paddle.jit.to_static(network, input_spec=[spec], full_graph=True), str(folder / "inference"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]) if len(sys.argv) > 4 else None)
