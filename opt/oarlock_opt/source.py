"""What ``oarlock opt`` and ``oarlock inspect`` take as a source model, found and read.

A source is a program file, a folder with one, or a model of the zoo. Programs are PIR (.json, what PaddlePaddle 3
writes) or legacy (.pdmodel, or __model__); the parameters lie beside the program.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from oarlock_opt.errors import AmbiguousSourceError, SourceNotFoundError, UnsupportedSourceError

if TYPE_CHECKING:
    from oarlock_opt.importer.graph import Graph

__all__ = ["SourceFiles", "SourceModel", "ZooOrigin", "find_files", "open_source", "read_graph"]

# In a folder, these are looked for before any other program.
_STEMS = ("inference", "model")
_OLD_PROGRAM = "__model__"
# The parameters of an old-style program called __model__, all in one file.
_OLD_PARAMS_NAMES = ("__params__", "params")

_PIR_MAGIC = re.compile(rb'"magic"\s*:\s*"pir"')
_PIR_MAGIC_WITHIN = 4096

_EXPECTED = "a .json (PIR) or .pdmodel file as paddle.jit.save writes it"

_NO_SOURCE_BY_SUFFIX = {
    ".nb": "is a Paddle Lite model already; `oarlock inspect` describes it, and opt takes the PaddlePaddle model",
    ".oar": "is a bundle already; opt takes the PaddlePaddle model that it was made from",
    ".pdiparams": "holds parameters without their program; give the .json or .pdmodel file beside it",
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
    """The files of a model. ``params`` is None when there is no such file, as for a model without parameters."""

    program: Path
    params: Path | None

    @property
    def all(self) -> tuple[Path, ...]:
        """The files that there are, the program first."""
        return (self.program,) if self.params is None else (self.program, self.params)

    @property
    def format(self) -> Literal["legacy", "pir"]:
        """The program's format, by its name."""
        return "pir" if self.program.suffix == ".json" else "legacy"

    @property
    def folder(self) -> Path:
        """The folder of the model, where preprocess.json, labels.txt and inference.yml may lie."""
        return self.program.parent

    @property
    def possible_params(self) -> tuple[Path, ...]:
        """Where the parameters of this program may lie."""
        if self.program.name == _OLD_PROGRAM:
            return tuple(self.program.with_name(name) for name in _OLD_PARAMS_NAMES)
        return (self.program.with_suffix(".pdiparams"),)

    @property
    def passed_over(self) -> Path | None:
        """The same model's program in the other format, which lies beside this one; None where there is none."""
        if self.program.name == _OLD_PROGRAM:
            return None
        other = self.program.with_suffix(".pdmodel" if self.format == "pir" else ".json")
        return other if other.is_file() and (other.suffix == ".pdmodel" or _is_pir(other)) else None


@dataclass(frozen=True)
class SourceModel:
    """A source that was read: its graph as the files have it, without any pass."""

    files: SourceFiles
    graph: Graph
    zoo: ZooOrigin | None = None

    @property
    def format(self) -> Literal["legacy", "pir"]:
        """The program's format."""
        return self.files.format

    @property
    def folder(self) -> Path:
        """The folder of the model, where preprocess.json, labels.txt and inference.yml may lie."""
        return self.files.folder

    @property
    def paddle_version(self) -> str | None:
        """The version of PaddlePaddle that wrote the model; None where it does not say."""
        return self.graph.paddle_version


def open_source(path: str | os.PathLike[str], *, zoo: ZooOrigin | None = None) -> SourceModel:
    """Find the model at ``path`` (see ``find_files``), and read it with its parameters checked, not loaded.

    Raises SourceError and OSError.
    """
    files = find_files(Path(path))
    return SourceModel(files, read_graph(files), zoo)


def read_graph(files: SourceFiles) -> Graph:
    """The graph of a model in either format. Raises SourceError and OSError."""
    if files.format == "pir":
        from oarlock_opt.importer import pir

        return pir.read(files)
    from oarlock_opt.importer import legacy

    return legacy.read(files)


def find_files(path: Path) -> SourceFiles:
    """The files of the model at ``path``, a program file or a folder that holds one.

    Of one model in both formats, which a folder may hold, PIR is taken: it is what PaddlePaddle 3 writes unasked, and
    its legacy export loses operators. Raises SourceNotFoundError, AmbiguousSourceError, UnsupportedSourceError; the
    content is not looked at, except to tell PIR programs from other .json files.
    """
    if path.is_dir():
        return _with_params(_program_in(path))
    if not path.exists():
        raise SourceNotFoundError(f"{path}: no such file or folder")
    if not path.is_file():  # a pipe would be waited for, a device read without end
        raise UnsupportedSourceError(f"{path}: neither a file nor a folder; expected {_EXPECTED}")
    if reason := _NO_SOURCE_BY_SUFFIX.get(path.suffix.lower()):
        raise UnsupportedSourceError(f"{path}: {reason}")
    if path.suffix == ".json" and not _is_pir(path):
        raise UnsupportedSourceError(
            f'{path}: not a PIR program, which begins with its "base_code" and says "magic":"pir" there; expected '
            f"{_EXPECTED}"
        )
    if path.suffix in (".json", ".pdmodel") or path.name == _OLD_PROGRAM:
        return _with_params(path)
    raise UnsupportedSourceError(
        f"{path}: not a source model, expected {_EXPECTED}, a folder with one, or the name of a model of the zoo "
        "(`oarlock models` lists them)"
    )


def _program_in(folder: Path) -> Path:
    known = {stem: program for stem in _STEMS if (program := _program_called(folder, stem)) is not None}
    if (folder / _OLD_PROGRAM).is_file():
        known[_OLD_PROGRAM] = folder / _OLD_PROGRAM
    programs = known or {
        stem: program
        for stem in sorted({path.stem for pattern in ("*.json", "*.pdmodel") for path in folder.glob(pattern)})
        if (program := _program_called(folder, stem)) is not None
    }
    if len(programs) > 1:
        names = ", ".join(program.name for program in programs.values())
        raise AmbiguousSourceError(
            f"{folder}: holds {len(programs)} models, {names}; give the path of the one you mean"
        )
    if programs:
        return next(iter(programs.values()))
    if (folder / "bundle.json").is_file():
        raise UnsupportedSourceError(f"{folder}: {_NO_SOURCE_BY_SUFFIX['.oar']}")
    raise SourceNotFoundError(
        f"{folder}: holds no model, expected inference.json, inference.pdmodel, model.json, model.pdmodel or "
        f"{_OLD_PROGRAM} in it"
    )


def _program_called(folder: Path, stem: str) -> Path | None:
    pir, legacy = folder / f"{stem}.json", folder / f"{stem}.pdmodel"
    if pir.is_file() and _is_pir(pir):
        return pir
    return legacy if legacy.is_file() else None


def _with_params(program: Path) -> SourceFiles:
    files = SourceFiles(program, None)
    present = [path for path in files.possible_params if path.is_file()]
    if len(present) > 1:
        names = ", ".join(path.name for path in present)
        raise AmbiguousSourceError(f"{program.parent}: holds two parameter files, {names}; leave only the right one")
    return SourceFiles(program, present[0] if present else None)


def _is_pir(path: Path) -> bool:
    with path.open("rb") as file:
        return _PIR_MAGIC.search(file.read(_PIR_MAGIC_WITHIN)) is not None
