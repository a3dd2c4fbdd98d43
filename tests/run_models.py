"""Loads models and runs each once, in a process that may die of it: ``python run_models.py LIBRARY FOLDER FIRST``.

The models are the files of FOLDER from number FIRST on. A line on stdout says which comes next, another how it went.
"""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

import numpy as np

from oarlock import Session
from oarlock._child import settle
from oarlock.errors import OarlockError

_SECONDS = 20
_MEMORY = 4 << 30


def main() -> None:
    settle()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    library, folder, first = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    for path in sorted(folder.iterdir())[first:]:
        print(path.name, flush=True)
        signal.alarm(_SECONDS)
        try:
            with Session(path, engine=library, probe=False) as session:
                session.run({it.name: np.zeros([max(n, 1) for n in it.shape], it.dtype) for it in session.inputs})
        except (OarlockError, MemoryError) as error:
            print(getattr(error, "code", "OAR-OUT-OF-MEMORY"), flush=True)
        else:
            print("ran", flush=True)


if __name__ == "__main__":
    main()
