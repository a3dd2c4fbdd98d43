"""The golden cases of a bundle, replayed on this machine: does it answer as the reference did?

    result = oarlock.selftest.run("lite0.oar")
    print(result.sentence)

All of it is done by the core (the section "Selftest" of oarlock.h), so that every skin gives the same verdict.
"""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Callable
from ctypes import byref, c_void_p
from dataclasses import dataclass
from typing import Any, NamedTuple

from oarlock import _core
from oarlock._engine import find_engine, load_engine
from oarlock.bundle import Bundle
from oarlock.errors import OarlockError
from oarlock.probe import probe_file
from oarlock.session import Power, Probe, session_options

__all__ = ["Result", "Step", "run"]

_PASSED = 1


class Step(NamedTuple):
    """A case that is about to be run: how many of ``total`` are done, and which comes next."""

    done: int
    total: int
    variant: str
    case: str


@dataclass(frozen=True)
class Result:
    """The verdict. ``data`` is everything there is to tell, by docs/schema/selftest.schema.json."""

    ok: bool
    sentence: str
    data: dict[str, Any]


def run(
    bundle: Bundle | str | os.PathLike[str],
    variant: str | None = None,
    *,
    all_variants: bool = False,
    limit: float | None = None,
    threads: int = 1,
    power: Power = "no_bind",
    engine: str | os.PathLike[str] | None = None,
    probe: Probe = True,
    on_step: Callable[[Step], object] | None = None,
) -> Result:
    """Replay the goldens on the variant with that id; None: the most exact one that fits this machine.

    ``all_variants`` takes every one that this processor runs, and names the others. ``limit`` replaces the bundle's
    largest |difference| / largest |reference|, for every precision. ``threads``, ``power``, ``engine`` and ``probe``
    are those of Session. ``on_step`` is called before every case; what it raises ends the selftest.

    A model that cannot be run here, or that the engine crashes on in a child process, has failed. Raises NotFoundError,
    WrongTargetError, NoGoldenError (nothing to compare with, or no limit), BundleError about the recorded files,
    FileReadError, InvalidArgumentError, EngineNotInstalledError and other EngineErrors about the library.
    """
    opened = bundle if isinstance(bundle, Bundle) else Bundle(bundle)
    options = _core.SelftestOptions(
        variant=None if variant is None else variant.encode(),
        all=int(all_variants),
        max_relative_error=0.0 if limit is None else limit,
        session=session_options(threads, power),
    )
    if limit == 0:
        options.max_relative_error = -1.0  # refused: 0 stands for the bundle's limits
    selftest = _Selftest(opened, options)
    tried: set[str] = set()
    while (step := selftest.next()) is not None:
        if on_step is not None:
            on_step(step)
        picked = opened.pick_variant(step.variant)
        library = find_engine(engine, picked.engine_version)
        if probe and step.variant not in tried:
            tried.add(step.variant)
            try:
                probe_file(opened.file(picked.file), library, sha256=picked.sha256, again=probe == "again")
            except OarlockError as error:
                selftest.give_up(error)
                continue
        selftest.run_next(load_engine(library))
    return selftest.result()


class _Selftest:
    """oar_selftest."""

    def __init__(self, bundle: Bundle, options: _core.SelftestOptions) -> None:
        handle = c_void_p()
        _core.call("oar_selftest_open", bundle._handle, byref(options), byref(handle))
        self._handle = handle
        self._bundle = bundle  # which must live longer
        weakref.finalize(self, _core.library().oar_selftest_close, handle)

    def next(self) -> Step | None:
        state = _core.SelftestState()
        _core.call("oar_selftest_next", self._handle, byref(state))
        if state.variant is None:
            return None
        return Step(state.done, state.total, _core.text(state.variant), _core.text(state.case_name))

    def run_next(self, engine: c_void_p) -> None:
        _core.call("oar_selftest_run_next", self._handle, engine)

    def give_up(self, error: OarlockError) -> None:
        sentence = error.message.encode("utf-8", "replace")
        _core.call("oar_selftest_give_up", self._handle, error.code.encode(), sentence)

    def result(self) -> Result:
        core = _core.library()
        return Result(
            core.oar_selftest_verdict(self._handle) == _PASSED,
            _core.text(core.oar_selftest_sentence(self._handle)),
            json.loads(_core.text(core.oar_selftest_json(self._handle))),
        )
