"""What a Paddle Lite library must have for some models and nothing else, in the form that Paddle Lite's build takes.

    FOLDER/arm64/.tailored_ops_list …       four lists of operators, kernels and their source files
    FOLDER/armv7/…                          likewise for each library

The lists of several models in one folder are joined, so that one library serves them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from oarlock._files import write_atomically
from oarlock_opt.errors import DestinationError, OptimizerOutputError
from oarlock_opt.lite.targets import CUSTOM, Variant
from oarlock_opt.lite.worker import Optimized

__all__ = ["Tailoring", "tailor"]

_LISTS = (
    ".tailored_kernels_list",
    ".tailored_kernels_source_list",
    ".tailored_ops_list",
    ".tailored_ops_source_list",
)
_OPERATORS = ".tailored_ops_list"

_BUILD = "./lite/tools/build_{system}.sh --arch={arch} {options}--with_strip=ON --opt_model_dir={folder}"

# By library: which of Paddle Lite's build scripts, its --arch, and other options.
_SYSTEMS = {
    "x86": ("linux", "x86", ""),
    "arm64": ("linux", "armv8", ""),
    "armv7": ("linux", "armv7hf", ""),
    "opencl": ("android", "armv8", "--with_opencl=ON "),
}


@dataclass(frozen=True)
class Tailoring:
    """The lists for one library, the variants that were just added, and the command that builds it.

    The command is for the root of Paddle Lite's sources, of the version that made the models. ``command`` is None for
    accelerators, whose libraries are built in ways of their own.
    """

    library: str
    folder: Path
    variants: tuple[str, ...]
    operators: int
    command: str | None

    def to_json(self) -> dict[str, Any]:
        """The library by docs/schema/opt.schema.json."""
        return {**asdict(self), "folder": str(self.folder), "variants": list(self.variants)}


def tailor(optimized: Iterable[Optimized], folder: Path) -> tuple[Tailoring, ...]:
    """Join the lists of optimised models, made with ``record``, to those in ``folder``, which is created.

    Raises DestinationError when what is there are no such lists, OptimizerOutputError when the optimiser wrote none,
    and OSError.
    """
    groups: dict[str, list[Optimized]] = {}
    for each in optimized:
        groups.setdefault(_library(each.variant), []).append(each)
    return tuple(_join(library, group, folder / library) for library, group in groups.items())


def _library(variant: Variant) -> str:
    return variant.id if variant.target == CUSTOM else variant.target


def _join(library: str, group: Sequence[Optimized], folder: Path) -> Tailoring:
    folder.mkdir(parents=True, exist_ok=True)
    operators = 0
    for name in _LISTS:
        lines = _earlier(folder / name).union(*(_lines(each, name) for each in group))
        write_atomically(folder / name, "".join(f"{line}\n" for line in sorted(lines)).encode())
        if name == _OPERATORS:
            operators = len(lines)
    variants = tuple(each.variant.id for each in group)
    return Tailoring(library, folder, variants, operators, _command(library, group, folder))


def _earlier(path: Path) -> set[str]:
    try:
        return set(path.read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return set()
    except UnicodeDecodeError as error:
        raise DestinationError(
            f"{path}: is no list of Paddle Lite's; choose another folder with --record-tailoring"
        ) from error


def _lines(optimized: Optimized, name: str) -> set[str]:
    path = (optimized.needs or Path()) / name
    if not path.is_file():
        raise OptimizerOutputError(f"{optimized.variant.id}: the optimiser did not write the list {name}")
    return set(path.read_text(encoding="utf-8").split())


def _command(library: str, group: Sequence[Optimized], folder: Path) -> str | None:
    if library not in _SYSTEMS:
        return None
    system, arch, options = _SYSTEMS[library]
    if any(each.variant.precision == "fp16" for each in group) and library != "opencl":
        options += "--with_arm82_fp16=ON "
    return _BUILD.format(system=system, arch=arch, options=options, folder=folder.absolute())
