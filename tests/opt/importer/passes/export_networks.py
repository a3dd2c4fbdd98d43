"""Exports networks of paddle.vision.models: ``python export_networks.py FORMAT FOLDER NAME…``, FORMAT pir or legacy.

Run as a child, since the format must be chosen before PaddlePaddle is imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(kind: str, folder: Path, names: list[str]) -> None:
    os.environ["FLAGS_enable_pir_api"] = "0" if kind == "legacy" else "1"  # noqa: SIM112
    import paddle

    for name in names:
        paddle.seed(0)
        network = getattr(paddle.vision.models, name)()
        network.eval()
        spec = [paddle.static.InputSpec([None, 3, 224, 224], "float32", name="x")]
        paddle.jit.save(paddle.jit.to_static(network, input_spec=spec), str(folder / name / kind / "inference"))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
