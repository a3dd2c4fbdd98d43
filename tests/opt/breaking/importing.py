"""Imports damaged models in a process with little memory: ``python importing.py PROGRAM PARAMS FIRST COUNT FOLDER``.

For each of the seeds from FIRST one of the two files is damaged and the model imported: found, read, passed over by
every pass, written as a legacy program. Prints one line of JSON a seed, ``{"seed", "file", "code", "seconds"}``, with
``code`` null where the model was taken after all, the ``message`` where it was not, and the ``traceback`` of anything
but Oarlock's own errors.
FOLDER/SEED then holds what was written.
"""

from __future__ import annotations

import faulthandler
import json
import resource
import shutil
import sys
import time
import traceback
from pathlib import Path

from oarlock.errors import OarlockError
from oarlock_opt.importer import legacy, passes
from oarlock_opt.interface import Interface
from oarlock_opt.source import find_files, read_graph
from tests.opt.breaking.mutate import mutate

_MEMORY = 1 << 30  # of address space: the interpreter, numpy and protobuf take most of a third
_SECONDS = 20  # for one model; then the process ends, and says where


def _import(source: Path, folder: Path) -> None:
    files = find_files(source)
    graph = read_graph(files)
    passes.run(graph)
    passes.refuse_limits(graph)
    Interface.of(graph)
    legacy.write(graph, folder)


def main(program: Path, params: Path, first: int, count: int, work: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for seed in range(first, first + count):
        # The program three times of four: its format is the richer one.
        damaged = params if seed % 4 == 3 else program
        source, folder = work / f"{seed}-source", work / str(seed)
        source.mkdir(), folder.mkdir()
        for path in (program, params):
            (source / path.name).write_bytes(mutate(path, seed) if path == damaged else path.read_bytes())
        answer = {"seed": seed, "file": damaged.name, "code": None}
        faulthandler.dump_traceback_later(_SECONDS, exit=True)
        start = time.monotonic()
        try:
            _import(source / program.name, folder)
        except OarlockError as error:
            answer |= {"code": error.code, "message": error.message}
        except Exception:
            answer["traceback"] = traceback.format_exc()
        faulthandler.cancel_dump_traceback_later()
        answer["seconds"] = time.monotonic() - start
        print(json.dumps(answer), flush=True)
        if answer["code"] is not None:
            shutil.rmtree(folder)
            shutil.rmtree(source)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
