"""PaddlePaddle's answers to golden inputs, remembered from earlier runs."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt._code import code_hash
from oarlock_opt._paddle import installed_versions
from oarlock_opt.cache import Cache, key_of
from oarlock_opt.imported import FileHash
from oarlock_opt.reference import ReferenceResult

__all__ = ["Known"]

_KIND = "answers"

Feeds = Sequence[Mapping[str, NDArray[Any]]]


class Known:
    """The answers for a model that are in the cache.

    They depend on its files, the inputs, PaddlePaddle and, in the last bits, on the processor. ``folder`` is a
    temporary one for what is taken out.
    """

    def __init__(self, source: Sequence[FileHash], cache: Cache, folder: Path) -> None:
        self._source = [each.sha256 for each in source]
        self._cache = cache
        self._folder = folder

    def find(self, feeds: Feeds) -> ReferenceResult | None:
        """The answers to ``feeds``; None when they are not known."""
        if not self._cache.enabled:
            return None
        entry = self._cache.find(_KIND, self._key(feeds))
        if entry is None:
            return None
        if not all(entry.take(name, self._folder / name) for name in entry.files):
            return None
        facts = entry.facts
        outputs = [
            {name: np.load(self._folder / file, allow_pickle=False) for name, file in each} for each in facts["outputs"]
        ]
        return ReferenceResult(outputs, facts["engine"], facts["version"], facts["device"], facts["threads"])

    def keep(self, feeds: Feeds, result: ReferenceResult) -> None:
        """Remember the answers to ``feeds``."""
        if not self._cache.enabled:
            return
        files: dict[str, Path] = {}
        outputs = []
        for index, arrays in enumerate(result.outputs):
            named = []
            for number, (name, array) in enumerate(arrays.items()):
                file = f"answer-{index}-{number}.npy"
                files[file] = self._folder / file
                np.save(files[file], array, allow_pickle=False)
                named.append((name, file))
            outputs.append(named)
        facts = {name: getattr(result, name) for name in ("engine", "version", "device", "threads")}
        facts["outputs"] = outputs
        self._cache.keep(_KIND, self._key(feeds), facts, files)

    def _key(self, feeds: Feeds) -> str:
        return key_of(
            source=self._source,
            feeds=[[(name, _digest(array)) for name, array in feed.items()] for feed in feeds],
            paddle=installed_versions(),
            processor=_processor(),
            code=code_hash("reference", "_answers.py"),
        )


def _digest(array: NDArray[Any]) -> str:
    content = np.ascontiguousarray(array)
    return hashlib.sha256(f"{content.dtype.str}{content.shape}".encode() + content.tobytes()).hexdigest()


@functools.cache
def _processor() -> str:
    """The model of the processor, "" where the system does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
