"""A bundle with the program and the engine, ready to run: on a host, or in a folder here that somebody copies."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oarlock import Bundle
from oarlock._files import replace_directory, temporary_sibling
from oarlock.bundle import Variant
from oarlock.errors import InvalidArgumentError, NotFoundError
from oarlock_opt.devices import transfer
from oarlock_opt.devices.payload import Item, Payload, payload
from oarlock_opt.devices.preflight import kernel_remarks, misfit
from oarlock_opt.devices.programs import CLASSIFY, PRESETS, find_program
from oarlock_opt.devices.ssh import Ssh, split_host
from oarlock_opt.errors import DestinationError, UnfitError

__all__ = ["Deployment", "deploy"]

Remark = Callable[[str], None]


@dataclass(frozen=True)
class Deployment:
    """What is where now. ``sent`` are the bytes that were not there before; ``skipped`` has reasons by variant ids.

    ``command`` is a line for a shell here, with PICTURE for what is to be classified; ``elsewhere`` tells that it has
    to be given on the machine that the folder is for.
    """

    to: str
    target: str
    bundle: str
    variants: Sequence[str]
    skipped: Mapping[str, str]
    size: int
    sent: int
    command: str
    elsewhere: bool

    def to_json(self) -> dict[str, Any]:
        """By docs/schema/deploy.schema.json."""
        return {
            "ok": True,
            "to": self.to,
            "target": self.target,
            "bundle": self.bundle,
            "variants": list(self.variants),
            "skipped": [{"id": name, "reason": reason} for name, reason in self.skipped.items()],
            "size": self.size,
            "sent": self.sent,
            "command": self.command,
        }


def deploy(
    bundle: Path,
    to: str,
    *,
    variants: Sequence[str] = (),
    target: str | None = None,
    programs: Path | None = None,
    remark: Remark = lambda sentence: None,
    progress: transfer.Progress = lambda done, total: None,
) -> Deployment:
    """Put a bundle where ``to`` says, "ssh:HOST:DIR" or a folder here.

    ``variants`` are ids; without them all go that fit. ``target`` is for a folder here, where no machine can be asked;
    None is the only one that the variants are for. Raises InvalidArgumentError, NotFoundError (no such variant),
    UnfitError, TransferError, DestinationError, ProgramMissingError, EngineNotInstalledError, the connection's errors.
    """
    opened = Bundle.open(bundle)
    chosen = _chosen(opened, variants)
    if to.startswith("ssh:"):
        return _to_host(opened, to, chosen, bool(variants), programs, remark, progress)
    if to.partition(":")[0] in ("adb", "android", "qemu", "host"):
        raise InvalidArgumentError(f"--to is {to!r}, expected ssh:HOST:DIR or a folder")
    return _to_folder(opened, Path(to), chosen, target, programs, remark)


def _chosen(bundle: Bundle, ids: Sequence[str]) -> list[Variant]:
    there = {it.id: it for it in bundle.variants}
    for name in ids:
        if name not in there:
            raise NotFoundError(f"{bundle.path}: has no variant {name}; it has {', '.join(there)}")
    return [it for it in bundle.variants if not ids or it.id in ids]


def _to_host(
    bundle: Bundle,
    to: str,
    chosen: Sequence[Variant],
    named: bool,
    programs: Path | None,
    remark: Remark,
    progress: transfer.Progress,
) -> Deployment:
    host, folder = split_host(to.removeprefix("ssh:"))
    if folder is None:
        raise InvalidArgumentError(f"--to is {to!r}, expected ssh:HOST:DIR: name the folder, such as {to}:oarlock")
    with Ssh(to.removeprefix("ssh:"), programs=programs, remark=remark, progress=progress) as place:
        reasons = {it.id: misfit(place.facts, it) for it in chosen}
        skipped = {name: reason for name, reason in reasons.items() if reason is not None}
        fit = [it for it in chosen if it.id not in skipped]
        if not fit or (named and skipped):
            raise UnfitError(f"{to}: {'; '.join(f'{name}: {reason}' for name, reason in skipped.items())}")
        there, sent = place.bring(bundle, fit, keep=False)
        return Deployment(
            to=to,
            target=there.target,
            bundle=f"{folder}/{there.bundle}",
            variants=[it.id for it in there.variants],
            skipped=skipped,
            size=there.size,
            sent=sent,
            command=f"ssh {shlex.quote(host)} {shlex.quote(_command(transfer.quoted(folder), there))}",
            elsewhere=False,
        )


def _to_folder(
    bundle: Bundle,
    folder: Path,
    chosen: Sequence[Variant],
    target: str | None,
    programs: Path | None,
    remark: Remark,
) -> Deployment:
    _check(folder)
    targets = dict.fromkeys("arm64" if it.target == "opencl" else it.target for it in chosen)
    for each in list(targets):
        if each not in PRESETS:
            del targets[each]
    if target is None:
        if len(targets) != 1:
            listed = ", ".join(targets) or "none of those that oarlock-classify runs on"
            raise InvalidArgumentError(f"{bundle.path}: its variants are for {listed}; choose with --target")
        (target,) = targets
    skipped = {
        it.id: f"it is for {it.target}" for it in chosen if target != ("arm64" if it.target == "opencl" else it.target)
    }
    fit = [it for it in chosen if it.id not in skipped]
    if not fit:
        raise UnfitError(f"{bundle.path}: has nothing for {target}, only for {', '.join(targets)}")
    wanted = payload(bundle, fit, find_program(target, programs))
    for sentence in kernel_remarks(bundle, wanted):
        remark(sentence)
    try:
        with temporary_sibling(folder) as temporary:
            new = temporary / "new"
            for item in wanted.items:
                _write(item, new / item.name)
            replace_directory(new, folder)
    except OSError as error:
        raise DestinationError(f"{folder}: cannot be written ({error.strerror or error})") from error
    return Deployment(
        to=str(folder),
        target=target,
        bundle=str(folder / wanted.bundle),
        variants=[it.id for it in wanted.variants],
        skipped=skipped,
        size=wanted.size,
        sent=wanted.size,
        command=_command(shlex.quote(folder.absolute().name), wanted),
        elsewhere=True,
    )


def _check(folder: Path) -> None:
    """Raise DestinationError unless it is nothing, an empty folder, or what was deployed before."""
    if not folder.absolute().parent.is_dir():
        raise DestinationError(f"{folder}: there is no folder {folder.parent}; make it first")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise DestinationError(f"{folder}: is a file or a link, expected a folder or nothing")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / CLASSIFY).is_file():
        raise DestinationError(f"{folder}: holds something else, and is not replaced; choose another name")


def _write(item: Item, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(item.read())
    path.chmod(0o755 if item.executable else 0o644)


def _command(folder: str, there: Payload) -> str:
    # The program looks for ARM's library beside itself.
    engine = "" if there.target != "x86" else f" --engine {there.engine}"
    return f"cd {folder} && ./{CLASSIFY}{engine} {shlex.quote(there.bundle)} PICTURE"
