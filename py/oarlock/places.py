"""Where else than on this machine a bundle can be benchmarked: what other distributions bring for ``bench --on``.

A place is brought by an entry point of the group "oarlock.places": its name is the word before the colon of ``--on``
("ssh" of ``ssh:pi@board``), its object a PlaceFactory. Nothing is looked for, and nothing imported, until a place
other than the host is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

from oarlock.errors import InvalidArgumentError, MissingPackageError

__all__ = ["BENCH_POWERS", "HOST", "BenchOptions", "Place", "PlaceFactory", "find_place", "split_place"]

HOST = "host"
"""The place that needs nobody to bring it."""

BENCH_POWERS = ("high", "low", "full", "none", "rand-high", "rand-low")
"""Paddle Lite's power modes as the command lines of both programs call them; "none" binds threads to no core."""

_GROUP = "oarlock.places"
# Where Oarlock's own host side has them, so that a wrong name can be told from a distribution that is missing.
_HOST_SIDE = ("qemu", "ssh")


@dataclass(frozen=True)
class BenchOptions:
    """What ``oarlock bench`` and ``oarlock-classify --bench`` are told.

    ``variant`` is None for the most exact one that fits the place; ``threads`` is empty for 1, 2, 4 … up to the
    processors there. ``runs`` and ``warmup`` count runs of the model for each number of threads, ``minutes`` is the
    length of the sustained run, None for none.
    """

    variant: str | None = None
    threads: tuple[int, ...] = ()
    runs: int = 50
    warmup: int = 5
    minutes: float | None = None
    power: str = "none"

    def arguments(self) -> list[str]:
        """The options of ``oarlock-classify`` that ask for the same, beside --bench and --json."""
        arguments = ["--runs", str(self.runs), "--warmup", str(self.warmup), "--power", self.power]
        if self.variant is not None:
            arguments += ["--variant", self.variant]
        if self.threads:
            arguments += ["--threads", ",".join(map(str, self.threads))]
        if self.minutes is not None:
            arguments += ["--minutes", repr(self.minutes)]
        return arguments


class Place(Protocol):
    """Somewhere a bundle is taken to and run. Made for one call of ``bench``."""

    @property
    def name(self) -> str:
        """As ``--on`` has it, "ssh:pi@board"; the "place" of the result."""

    def bench(self, bundle: Path, options: BenchOptions, *, remark: Callable[[str], None]) -> dict[str, Any]:
        """Measure there, and give an object by docs/schema/bench.schema.json whose "ok" is true.

        Several places are measured at once, each in a thread of its own. ``remark`` takes sentences for the user, from
        any thread. Where times say nothing, as under emulation, they are null. Raises OarlockError and OSError.
        """

    def cancel(self) -> None:
        """Called from another thread after Ctrl-C: end what is under way.

        ``bench`` then ends soon, whatever it raises, and leaves nothing behind, here or there. Called before ``bench``,
        or after it has ended, it does no harm.
        """


PlaceFactory: TypeAlias = Callable[[str], Place]
"""What an entry point of the group is: called with what follows the colon of ``--on``, "" where there is none.

It does nothing that takes time. Raises InvalidArgumentError for a text that names no place of its kind.
"""


def split_place(text: str) -> tuple[str, str]:
    """The two sides of the first colon: "ssh:pi@board" is ("ssh", "pi@board"), "qemu" is ("qemu", "")."""
    kind, _, rest = text.partition(":")
    return kind, rest


def find_place(text: str) -> Place:
    """The place that ``--on`` names, other than the host.

    Raises InvalidArgumentError (no installed distribution brings such a place, or the text after the colon is none),
    MissingPackageError (oarlock-opt would bring it).
    """
    from importlib.metadata import entry_points

    kind, rest = split_place(text)
    found = {entry_point.name: entry_point for entry_point in entry_points(group=_GROUP)}
    if kind in found:
        return cast("PlaceFactory", found[kind].load())(rest)
    if kind in _HOST_SIDE:
        from oarlock._checks import host_install

        raise MissingPackageError(f"--on {kind} comes with oarlock-opt: {host_install()}")
    raise InvalidArgumentError(f"--on is {text!r}, expected one of: {', '.join([HOST, *sorted(found)])}")
