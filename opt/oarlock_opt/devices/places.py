"""The places by what ``--on`` calls them, for ``verify`` and for ``bench``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from oarlock.errors import InvalidArgumentError
from oarlock.places import HOST, split_place
from oarlock_opt.verify.places import Host, Place

if TYPE_CHECKING:
    # What they need is loaded for those who ask for them.
    from oarlock_opt.devices.qemu import Qemu
    from oarlock_opt.devices.ssh import Ssh

__all__ = ["open_places", "qemu_bench", "ssh_bench"]

_FORMS = "host, qemu, qemu:CPU, ssh:HOST, ssh:HOST:DIR"


def open_places(
    texts: Iterable[str],
    *,
    threads: int = 1,
    programs: Path | None = None,
    remark: Callable[[str], None] = lambda sentence: None,
) -> list[Place]:
    """The places of ``verify``, each once; a text may have several with commas between them. Nothing is started yet.

    Raises InvalidArgumentError.
    """
    names = [name.strip() for text in texts for name in text.split(",")]
    return [_open(name, threads, programs, remark) for name in dict.fromkeys(names)]


def _open(name: str, threads: int, programs: Path | None, remark: Callable[[str], None]) -> Place:
    kind, rest = split_place(name)
    if kind == "qemu":
        from oarlock_opt.devices.qemu import Qemu

        return Qemu(rest, threads=threads, programs=programs)
    if kind == "ssh":
        from oarlock_opt.devices.ssh import Ssh

        return Ssh(rest, threads=threads, programs=programs, remark=remark)
    if name == HOST:
        return Host(threads=threads)
    raise InvalidArgumentError(f"--on is {name!r}, expected one or more of: {_FORMS}")


def qemu_bench(rest: str) -> Qemu:
    """The entry point "qemu" of "oarlock.places"."""
    from oarlock_opt.devices.qemu import Qemu

    return Qemu(rest)


def ssh_bench(rest: str) -> Ssh:
    """The entry point "ssh" of "oarlock.places"."""
    from oarlock_opt.devices.ssh import Ssh

    return Ssh(rest)
