"""Trying a model in a child process before it is loaded here, once for every model and engine, and remembering it.

Paddle Lite ends the process where another library would return an error, and no check of a file can foresee all of it:
an operator with an attribute that its kernel does not expect, instructions that this processor lacks. So the first
time that a model meets an engine, a child loads it and runs it on zeros. What comes of it is kept in a file:

    HOME/probes/KEY.json    what the engine did, which is raised again without another try; null when all went well

KEY stands for the model's content, the engine's file and version of Oarlock, and this processor. A model that was ended
from outside, as the system does when memory is short, is tried again next time. Where a home cannot be written, this
process remembers for itself. A child that cannot be started at all tells nothing, and the model is loaded untried.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import subprocess
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from oarlock import _core, store
from oarlock._child import child_command
from oarlock._endings import describe_ending, ended_from_outside
from oarlock._files import sha256_file
from oarlock._probe import BEGUN, ENDED
from oarlock.errors import EngineCrashedError, FileReadError

__all__ = ["LIMIT_SECONDS", "probe_bytes", "probe_file"]

LIMIT_SECONDS = 120.0
"""What a child may take to load a model and run it once; the largest models take some ten seconds on slow boards."""

_MOST_VERDICTS = 512
_OUTPUT = 64 << 10


@dataclass(frozen=True)
class _Verdict:
    """How a try ended: ``crash`` says what the engine did, None when nothing happened."""

    crash: str | None
    lasting: bool = True


_unwritten: dict[str, _Verdict] = {}
"""By key, where the home cannot be written."""


def probe_file(
    path: str | os.PathLike[str], engine: str | os.PathLike[str], *, sha256: str | None = None, again: bool = False
) -> None:
    """Try the model at ``path`` with the engine's library in a child process, unless that was done before.

    ``sha256`` is that of the file where it is known. ``again`` tries although the outcome is remembered.

    Raises EngineCrashedError when the engine crashed, gave up or hung; FileReadError. What the core would refuse with a
    sentence is no crash, and is left to whoever opens the model here.
    """
    try:
        key = _key(sha256 or sha256_file(path), engine)
    except OSError as error:
        raise FileReadError(f"{os.fspath(path)}: cannot be read: {error.strerror}") from error
    _probe(key, os.fspath(path), engine, None, again)


def probe_bytes(data: bytes, name: str, engine: str | os.PathLike[str], *, again: bool = False) -> None:
    """The same for a model in memory; ``name`` stands for it in messages."""
    _probe(_key(hashlib.sha256(data).hexdigest(), engine), name, engine, data, again)


def _probe(key: str | None, name: str, engine: str | os.PathLike[str], data: bytes | None, again: bool) -> None:
    if key is None:
        return
    file = store.home() / "probes" / f"{key}.json"
    verdict = None if again else _read(file) or _unwritten.get(key)
    if verdict is None:
        verdict = _try(name, os.fspath(engine), data)
        if verdict.lasting and not _write(file, verdict, name):
            _unwritten[key] = verdict
    if verdict.crash is None:
        return
    advice = "try again"
    if verdict.lasting:
        place = "by this process" if key in _unwritten else f"in {file}: remove it"
        advice = f'it is remembered {place}, or open the model with probe="again", to have it tried again'
    raise EngineCrashedError(f"{name}: Paddle Lite {verdict.crash}. That was in a child process; {advice}")


def _key(sha256: str, engine: str | os.PathLike[str]) -> str | None:
    """None when there is no such library, which is for others to say."""
    try:
        status = Path(engine).stat()
    except OSError:
        return None
    identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    version = _core.text(_core.library().oar_version())
    return hashlib.sha256(repr((1, sha256, identity, version, _processor())).encode()).hexdigest()


@cache
def _processor() -> tuple[str, ...]:
    """What tells which instructions there are; a home may be shared by machines."""
    with suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
        # The first processor's; the whole file is long on large machines.
        lines = file.read(8192).splitlines()
        kinds = ("model name", "flags", "Features", "CPU implementer", "CPU part")
        return platform.machine(), *(next((line for line in lines if line.startswith(kind)), "") for kind in kinds)
    return (platform.machine(),)


def _try(name: str, engine: str, data: bytes | None) -> _Verdict:
    """Load and run the model in a child; ``name`` is its path, unless ``data`` is its content."""
    received, sent = os.pipe()
    with open(received, "rb") as letters, tempfile.TemporaryFile() as output:  # noqa: PTH123
        try:
            model = name if data is None else "-"
            limit = str(math.ceil(LIMIT_SECONDS) + 10)
            command = child_command("oarlock._probe", engine, model, name, str(sent), limit)
            status = None if command is None else _run(command, sent, output, data)
        finally:
            os.close(sent)
        news = letters.read()
        text = _tail(output)
    if BEGUN not in news or ENDED in news:
        # An engine that was never touched, which says nothing about it, and one that is still well.
        return _Verdict(None, lasting=ENDED in news)
    if status is None:
        return _Verdict(f"did not load and run it within {LIMIT_SECONDS:g} s")
    return _Verdict(describe_ending(status, text), lasting=not ended_from_outside(status))


def _run(command: list[str], descriptor: int, output: IO[bytes], data: bytes | None) -> int | None:
    """The exit status of a child, None when it did not end in time. Whatever happens, it is gone afterwards."""
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=(descriptor,),
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        child.communicate(data, timeout=LIMIT_SECONDS)
        return child.returncode
    except subprocess.TimeoutExpired:
        return None
    finally:
        child.kill()
        child.wait()


def _tail(output: IO[bytes]) -> str:
    output.seek(max(0, output.seek(0, os.SEEK_END) - _OUTPUT))
    return output.read().decode(errors="replace")


def _read(file: Path) -> _Verdict | None:
    try:
        crash = json.loads(file.read_bytes())["crash"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return _Verdict(crash) if crash is None or isinstance(crash, str) else None


def _write(file: Path, verdict: _Verdict, name: str) -> bool:
    text = json.dumps({"model": name, "crash": verdict.crash}, indent=2)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}")
        temporary.write_text(f"{text}\n", encoding="utf-8")
        temporary.replace(file)
        _forget_the_oldest(file.parent)
    except OSError:
        return False
    return True


def _forget_the_oldest(folder: Path) -> None:
    """So that the folder does not grow forever; temporary files of processes that died go the same way."""
    files = list(folder.iterdir())
    if len(files) > _MOST_VERDICTS:
        for file in sorted(files, key=lambda it: it.stat().st_mtime)[: _MOST_VERDICTS // 2]:
            file.unlink(missing_ok=True)
