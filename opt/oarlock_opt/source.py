"""What ``oarlock opt`` and ``oarlock inspect`` take as a source model, found and checked.

A source is a .pdmodel file, a folder with one, or a model of the zoo. The parameters lie beside the program.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from oarlock_opt.errors import AmbiguousSourceError, SourceNotFoundError, UnsupportedSourceError
from oarlock_opt.program import Program, check_params

__all__ = ["SourceFiles", "SourceModel", "ZooOrigin", "find_files", "open_source"]

_PROGRAM_NAMES = ("inference.pdmodel", "model.pdmodel", "__model__")
# The parameters of an old-style program called __model__, all in one file.
_OLD_PARAMS_NAMES = ("__params__", "params")

_PIR_MAGIC = b'"magic":"pir"'

_NO_SOURCE_BY_SUFFIX = {
    ".nb": "is a Paddle Lite model already; `oarlock inspect` describes it, and opt takes the PaddlePaddle model",
    ".oar": "is a bundle already; opt takes the PaddlePaddle model that it was made from",
    ".pdiparams": "holds parameters without their program; give the .pdmodel file beside it",
    ".pdparams": "holds weights without a network; give them with --weights to a model of the zoo "
    "(`oarlock opt NAME --weights FILE`), or export the network with paddle.jit.save",
    ".onnx": "is an ONNX model; Oarlock takes models of PaddlePaddle",
}


@dataclass(frozen=True)
class ZooOrigin:
    """Which model of the zoo a source was exported from; ``weights`` is "imagenet", "random" or a file's name."""

    name: str
    weights: str
    seed: int | None


@dataclass(frozen=True)
class SourceFiles:
    """The files of a legacy model. ``params`` is None when there is no such file, as for a model without parameters."""

    program: Path
    params: Path | None

    @property
    def all(self) -> tuple[Path, ...]:
        """The files that there are, the program first."""
        return (self.program,) if self.params is None else (self.program, self.params)


@dataclass(frozen=True)
class SourceModel:
    """A source whose program is read and whose parameters are checked against it."""

    files: SourceFiles
    program: Program
    zoo: ZooOrigin | None = None

    @property
    def folder(self) -> Path:
        """The folder of the model, where preprocess.json, labels.txt and inference.yml may lie."""
        return self.files.program.parent


def open_source(path: str | os.PathLike[str], *, zoo: ZooOrigin | None = None) -> SourceModel:
    """Find the model at ``path`` (see ``find_files``), read its program and check its parameters against it.

    Raises SourceError and OSError.
    """
    files = find_files(Path(path))
    program = Program.load(files.program)
    if files.params is not None:
        check_params(files.params, program.parameters)
    elif program.parameters:
        expected = " or ".join(path.name for path in _params_of(files.program))
        raise SourceNotFoundError(
            f"{files.program}: its {len(program.parameters)} parameters are missing, expected {expected} beside it"
        )
    return SourceModel(files, program, zoo)


def find_files(path: Path) -> SourceFiles:
    """The files of the model at ``path``, a program file or a folder that holds one.

    Raises SourceNotFoundError, AmbiguousSourceError, UnsupportedSourceError; the content is not looked at, except to
    tell PIR programs.
    """
    if path.is_dir():
        return _with_params(_program_in(path))
    if not path.exists():
        raise SourceNotFoundError(f"{path}: no such file or folder")
    if reason := _NO_SOURCE_BY_SUFFIX.get(path.suffix.lower()):
        raise UnsupportedSourceError(f"{path}: {reason}")
    if path.suffix == ".json":
        raise _json_error(path)
    if path.suffix == ".pdmodel" or path.name == "__model__":
        return _with_params(path)
    raise UnsupportedSourceError(
        f"{path}: not a source model, expected a .pdmodel file, a folder with {', '.join(_PROGRAM_NAMES[:-1])} or "
        f"{_PROGRAM_NAMES[-1]}, or the name of a model of the zoo (`oarlock models` lists them)"
    )


def _program_in(folder: Path) -> Path:
    known = [folder / name for name in _PROGRAM_NAMES if (folder / name).is_file()]
    programs = known or sorted(folder.glob("*.pdmodel"))
    if len(programs) > 1:
        names = ", ".join(program.name for program in programs)
        raise AmbiguousSourceError(
            f"{folder}: holds {len(programs)} models, {names}; give the path of the one you mean"
        )
    if programs:
        return programs[0]
    if (folder / "bundle.json").is_file():
        raise UnsupportedSourceError(f"{folder}: {_NO_SOURCE_BY_SUFFIX['.oar']}")
    for path in sorted(folder.glob("*.json")):
        if _is_pir(path):
            raise _json_error(path)
    raise SourceNotFoundError(
        f"{folder}: holds no model, expected {', '.join(_PROGRAM_NAMES[:-1])} or {_PROGRAM_NAMES[-1]} in it"
    )


def _with_params(program: Path) -> SourceFiles:
    present = [path for path in _params_of(program) if path.is_file()]
    if len(present) > 1:
        names = ", ".join(path.name for path in present)
        raise AmbiguousSourceError(f"{program.parent}: holds two parameter files, {names}; leave only the right one")
    return SourceFiles(program, present[0] if present else None)


def _params_of(program: Path) -> list[Path]:
    if program.name == "__model__":
        return [program.with_name(name) for name in _OLD_PARAMS_NAMES]
    return [program.with_suffix(".pdiparams")]


def _is_pir(path: Path) -> bool:
    with path.open("rb") as file:
        return _PIR_MAGIC in file.read(4096).replace(b" ", b"")


def _json_error(path: Path) -> UnsupportedSourceError:
    if not _is_pir(path):
        return UnsupportedSourceError(f"{path}: not a source model, expected a .pdmodel file")
    return UnsupportedSourceError(
        f"{path}: a PIR program, the format of PaddlePaddle 3, which this version of Oarlock does not read yet. Export "
        "the model in the older format: set FLAGS_enable_pir_api=0 in the environment before PaddlePaddle is imported, "
        "and call paddle.jit.save again, which then writes a .pdmodel file"
    )
