"""``bench`` under emulation: how many instructions one run takes, for the times there say nothing.

A plugin of qemu's counts them, and is read when the program has answered and waits for the next question. What lies
between two answers is one run; what only the first run does is before it.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import oarlock_opt
from oarlock import Bundle, Preprocessor
from oarlock.bench._inputs import content, fixed_shape
from oarlock_opt.devices.remote import RemoteRunner
from oarlock_opt.errors import DeviceProgramError

__all__ = ["Feed", "Open", "feeds", "instructions_per_run"]

Open = Callable[[Sequence[str]], RemoteRunner]
"""Opens a variant with more options of qemu's."""

_PLUGIN = "oarlock-instruction-counter.so"
_USUAL_PICTURE = (480, 640, 3)
_PAUSE = 0.05


Feed = Callable[[RemoteRunner], Mapping[str, NDArray[Any]]]
"""Makes what a run is fed."""


def instructions_per_run(opened: Open, feed_of: Feed) -> int | None:
    """The guest's instructions for one run; None where this qemu takes no plugin, or this one is not installed.

    The variant is run in any case. Raises what ``opened`` and runs raise.
    """
    plugin = _plugin()
    if plugin is not None:
        try:
            return _counted(plugin, opened, feed_of)
        except DeviceProgramError as error:
            if "plugin" not in error.output:
                raise
    with opened(()) as runner:
        runner.run(feed_of(runner))
    return None


def _counted(plugin: Path, opened: Open, feed_of: Feed) -> int:
    with tempfile.TemporaryDirectory(prefix="oarlock-count-") as folder:
        told = Path(folder) / "instructions"
        with opened(("-plugin", f"{plugin},out={told}")) as runner:
            feed = feed_of(runner)
            runner.run(feed)
            before = _settled(told)
            runner.run(feed)
            return _settled(told) - before


def _settled(path: Path) -> int:
    """The counter when the program rests: what it still does behind an answer takes less than a few milliseconds."""
    count = -1
    while count != (now := int.from_bytes(path.read_bytes(), sys.byteorder)):
        count = now
        time.sleep(_PAUSE)
    return count


def feeds(bundle: Bundle, inputs: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """One picture, or the smallest tensors, for a model's inputs, as ``bench`` on the host has them.

    Raises BadShapeError for a size that the bundle leaves open.
    """
    spec = bundle.preprocess
    picture = None if spec is None else Preprocessor(spec).crop(np.zeros(_USUAL_PICTURE, np.uint8)).shape[:2]
    result = {}
    for each in inputs:
        shape = fixed_shape(each["name"], each["shape"], picture)
        data = content(each["dtype"], math.prod(shape))
        result[each["name"]] = np.frombuffer(data, each["dtype"]).reshape(shape)
    return result


def _plugin() -> Path | None:
    # In an editable installation the package spans the source and the folder of what was built.
    found = (Path(folder) / "_bin" / _PLUGIN for folder in oarlock_opt.__path__)
    return next((path for path in found if path.is_file()), None)
