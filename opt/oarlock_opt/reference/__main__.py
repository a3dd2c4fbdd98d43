"""The child of ``oarlock_opt.reference.run``: ``python -m oarlock_opt.reference FOLDER``.

Reads request.json and the arrays that it names, writes arrays and answer.json. A failure is an exception on stderr.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from oarlock_opt._children import die_with_parent

__all__ = ["main"]


def main(folder: Path) -> None:
    """Answer the request in ``folder``."""
    die_with_parent()
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))

    import numpy as np
    import paddle
    from paddle import inference

    predictor = _predictor(inference, request["program"], request["params"])
    outputs = []
    for index, feed in enumerate(request["feeds"]):
        for name, file in feed.items():
            array = np.load(folder / file)
            handle = predictor.get_input_handle(name)
            handle.reshape(array.shape)
            handle.copy_from_cpu(array)
        predictor.run()
        files = {}
        for number, name in enumerate(predictor.get_output_names()):
            files[name] = f"output-{index}-{number}.npy"
            np.save(folder / files[name], predictor.get_output_handle(name).copy_to_cpu(), allow_pickle=False)
        outputs.append(files)
    answer = {"outputs": outputs, "version": paddle.__version__, "device": "cpu"}
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _predictor(inference: Any, program: str, params: str | None) -> Any:
    config = inference.Config(program, params or "")
    config.disable_gpu()
    config.disable_mkldnn()
    config.switch_ir_optim(False)
    config.set_cpu_math_library_num_threads(1)
    config.disable_glog_info()
    return inference.create_predictor(config)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
