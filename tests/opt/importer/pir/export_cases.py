"""Exports a small PIR model per case: ``python -m tests.opt.importer.pir.export_cases FOLDER [NAME ...]``.

Run as a child by a fixture, since PaddlePaddle's static mode is a switch of the whole process. What cannot be exported
says why on stderr, and has no folder.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import paddle

from tests.opt.importer.pir.cases import CASES, Case


def export(case: Case, prefix: Path) -> None:
    """Save a case as PREFIX.json and PREFIX.pdiparams."""
    main, startup = paddle.static.Program(), paddle.static.Program()
    main.random_seed = startup.random_seed = 7
    with paddle.static.program_guard(main, startup):
        inputs = [
            paddle.static.data(name, [-1 if size is None else size for size in spec.shape], spec.dtype)
            for name, spec in case.inputs.items()
        ]
        found = case.function(*inputs)
        outputs = list(found) if isinstance(found, list | tuple) else [found]
    executor = paddle.static.Executor(paddle.CPUPlace())
    executor.run(startup)
    paddle.static.save_inference_model(str(prefix), inputs, outputs, executor, program=main)


def main(folder: Path, names: list[str]) -> None:
    paddle.enable_static()
    for name in names or CASES:
        try:
            export(CASES[name], folder / name / "inference")
        except Exception:
            print(name, traceback.format_exc(), file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
