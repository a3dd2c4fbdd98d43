"""Engines beside Paddle Lite, which other distributions bring: the entry points of the group "oarlock.engines"."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol, cast

from oarlock.errors import MissingPackageError

if TYPE_CHECKING:
    from oarlock._model import Model
    from oarlock.bundle import Bundle

__all__ = ["EngineModule", "load_engine_module"]

_ENGINES = "oarlock.engines"


class EngineModule(Protocol):
    """What an entry point of the group is: a module with these functions, called as the engine is.

    ``device`` is "auto", "gpu" or "cpu", ``threads`` those of a CPU. ``remark`` is told sentences for the user. They
    raise OarlockError and OSError.
    """

    def open_source(
        self,
        source: str,
        *,
        preprocess: str | None,
        labels: str | None,
        device: str,
        threads: int,
        remark: Callable[[str], None],
    ) -> Model:
        """The classifier of a source model; ``preprocess`` and ``labels`` are the options of that name, or None."""

    def open_bundle(self, bundle: Bundle, *, device: str, threads: int, remark: Callable[[str], None]) -> Model:
        """The classifier of the source model that a bundle was made from."""


def load_engine_module(name: str) -> EngineModule:
    """The module of an engine. Raises MissingPackageError where no installed distribution brings it."""
    for entry_point in entry_points(group=_ENGINES):
        if entry_point.name == name:
            return cast("EngineModule", entry_point.load())
    from oarlock._checks import host_install

    raise MissingPackageError(f"the engine {name} comes with oarlock-opt: {host_install()}")
