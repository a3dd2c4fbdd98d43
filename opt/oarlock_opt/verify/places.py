"""Where variants run while they are verified.

A place opens a variant and gives a runner, which preprocesses pictures and answers tensors there, with the place's own
core and engine. The host is one; emulators, boards and phones are others, which bring these two classes.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

import oarlock
from oarlock import Bundle, Preprocessor, store
from oarlock._closing import Closing
from oarlock.bundle import Variant
from oarlock.errors import NotFoundError, OarlockError
from oarlock.isolated import IsolatedSession

__all__ = ["Host", "Place", "Runner"]


class Runner(Protocol):
    """A variant that was loaded. One thread at a time; closed after use."""

    def crop(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What preprocessing makes of a picture, uint8 (H, W, 3) RGB, before it becomes numbers: uint8 (h, w, 3)."""

    def tensor(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The model's input for a picture: float32 (3, h, w) or (h, w, 3), without a batch."""

    def run(self, feed: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The outputs by name, finite or not. Raises OarlockError."""

    @property
    def last_run_seconds(self) -> float:
        """How long the engine took for the last answer."""

    def close(self) -> None:
        """Let the model go."""


class Place(Protocol):
    """Somewhere that variants run. One thread at a time, but for ``close``."""

    @property
    def name(self) -> str:
        """As ``--on`` has it: "host"."""

    @property
    def environment(self) -> dict[str, str]:
        """What there is, for records: processor, system, versions."""

    def refusal(self, bundle: Bundle, variant: Variant) -> str | None:
        """Why the variant cannot run there, a sentence; None: it can. Raises OarlockError: nothing can."""

    def open(self, bundle: Bundle, variant: Variant) -> Runner:
        """Load a variant. Raises OarlockError."""

    def close(self) -> None:
        """Let the place go. Called while a runner of it answers in another thread, it makes that fail soon."""


class Host:
    """The machine that Oarlock runs on; the engine is in a process of its own, so that its crash is an answer, too."""

    name = "host"

    def __init__(self, *, threads: int = 1) -> None:
        self._threads = threads

    @property
    def environment(self) -> dict[str, str]:
        """The processor, the system and Oarlock's version."""
        return {
            "processor": _processor(),
            "machine": platform.machine(),
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
            "oarlock": oarlock.__version__,
            "threads": str(self._threads),
        }

    def refusal(self, bundle: Bundle, variant: Variant) -> str | None:
        """Another processor's variant, or no engine of its version."""
        from oarlock._engine import find_engine

        try:
            bundle.pick_variant(variant.id)
        except OarlockError as error:
            return error.message
        if variant.target != (target := store.machine_target()):
            return f"it is for {variant.target}, and this machine runs {target or 'none of the targets'}"
        try:
            find_engine(None, variant.engine_version)
        except NotFoundError as error:
            return error.message
        return None

    def open(self, bundle: Bundle, variant: Variant) -> Runner:
        """Load a variant into a child process. Raises OarlockError."""
        return _HostRunner(bundle, variant, self._threads)

    def close(self) -> None:
        """Nothing is open but runners, which end with their next answer."""


class _HostRunner(Closing):
    def __init__(self, bundle: Bundle, variant: Variant, threads: int) -> None:
        spec = bundle.preprocess
        self._preprocessor = None if spec is None else Preprocessor(spec)
        self._session: IsolatedSession = bundle.open_isolated_session(variant.id, threads=threads)

    def crop(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        assert self._preprocessor is not None
        return self._preprocessor.crop(picture)

    def tensor(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert self._preprocessor is not None
        return self._preprocessor(picture)

    def run(self, feed: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        return self._session.run(feed)

    @property
    def last_run_seconds(self) -> float:
        return self._session.last_run_seconds

    def close(self) -> None:
        self._session.close()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
