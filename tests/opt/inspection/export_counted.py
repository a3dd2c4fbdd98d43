"""Exports networks and prints the MACs of each: ``python export_counted.py pir|legacy FOLDER NAME…``.

A name is one of the zoo, or of paddle.vision.models. A child of its own, since the format must be chosen before
PaddlePaddle is imported. The count is made by the zoo's script, layer by layer while the network runs, and knows
nothing of graphs.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(form: str, folder: Path, names: list[str]) -> None:
    os.environ["FLAGS_enable_pir_api"] = "0" if form == "legacy" else "1"  # noqa: SIM112
    import paddle

    from oarlock_opt import zoo
    from oarlock_opt.zoo.count import count_network

    counts = {}
    for name in names:
        network = zoo.get(name).build() if name in zoo.names() else getattr(paddle.vision.models, name)()
        network.eval()
        counts[name] = count_network(network, (1, 3, 224, 224))["macs"]
        spec = [paddle.static.InputSpec([None, 3, 224, 224], "float32", name="x")]
        paddle.jit.save(paddle.jit.to_static(network, input_spec=spec), str(folder / name / "inference"))
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
