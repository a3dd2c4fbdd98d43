"""Writes a bundle by docs/schema/bundle.schema.json: checked whole, then swapped in.

Equal contents give equal bytes: keys and variants have one order, and nothing of the time, the machine or a path on it
goes in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import oarlock
from oarlock._files import replace_directory, sha256_file
from oarlock.bundle import Bundle
from oarlock.errors import OarlockError
from oarlock.session import TensorSpec
from oarlock_opt.errors import DestinationError
from oarlock_opt.golden import TOLERANCES, Case, Goldens
from oarlock_opt.lite.targets import PRECISIONS, TARGETS
from oarlock_opt.lite.worker import Optimized
from oarlock_opt.preprocessing import Interpretation
from oarlock_opt.repairs import AppliedRepair
from oarlock_opt.source import SourceModel

__all__ = ["Content", "check_destination", "write"]

_FORMAT = "oarlock-bundle"
_FORMAT_VERSION = 1


@dataclass(frozen=True)
class Content:
    """Everything that goes into a bundle."""

    name: str
    model: SourceModel
    meaning: Interpretation
    repairs: Sequence[AppliedRepair]
    variants: Sequence[Optimized]
    engine_version: str
    goldens: Goldens | None


def check_destination(destination: Path) -> None:
    """Raise DestinationError unless a bundle may be put there: nothing, an empty folder, or an older bundle."""
    if not destination.parent.is_dir():
        raise DestinationError(
            f"{destination}: there is no folder {destination.parent}; make it with `mkdir -p {destination.parent}`"
        )
    if destination.is_symlink() or (destination.exists() and not destination.is_dir()):
        raise DestinationError(f"{destination}: is a file or a link, expected a bundle or nothing; choose another name")
    if destination.is_dir() and any(destination.iterdir()) and not _is_bundle(destination):
        raise DestinationError(f"{destination}: a folder that is no bundle, and is not replaced; choose another name")


def write(content: Content, destination: Path, folder: Path) -> dict[str, Any]:
    """Write the bundle into ``folder`` / "bundle", check it, and swap it in at ``destination``.

    ``folder`` is a ``oarlock._files.temporary_sibling`` of ``destination``; the variants' files must be on the same
    file system and are moved. Returns the content of bundle.json. The destination is the complete old or the complete
    new bundle throughout. Raises DestinationError and OSError.
    """
    root = folder / "bundle"
    root.mkdir()
    data = _Writer(root, content).data()
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    (root / "bundle.json").write_text(text + "\n", encoding="utf-8")
    _check(root)
    check_destination(destination)
    replace_directory(root, destination)
    return data


def _is_bundle(folder: Path) -> bool:
    try:
        data = json.loads((folder / "bundle.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(data, dict) and data.get("format") == _FORMAT


def _check(root: Path) -> None:
    """Open the bundle as a device does, and check every hash."""
    try:
        bundle = Bundle.open(root)
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.name != "bundle.json":
                bundle.file(path.relative_to(root).as_posix())
    except OarlockError as error:
        # What was written is not what was meant: a full or failing disk, or a defect.
        raise DestinationError(f"the new bundle is not right and was not put in place: {error.message}") from error


class _Writer:
    """Fills the folder ``root``; ``data`` gives the matching bundle.json."""

    def __init__(self, root: Path, content: Content) -> None:
        self._root = root
        self._content = content

    def data(self) -> dict[str, Any]:
        content, program = self._content, self._content.model.program
        preprocess = content.meaning.preprocess
        return {
            "format": _FORMAT,
            "format_version": _FORMAT_VERSION,
            "name": content.name,
            "created_by": {"tool": "oarlock opt", "version": oarlock.__version__},
            "inputs": [_tensor(tensor) for tensor in program.inputs],
            "preprocess": None if preprocess is None else preprocess.to_json(),
            "outputs": [
                {**_tensor(tensor), "meaning": meaning}
                for tensor, meaning in zip(program.outputs, content.meaning.meanings, strict=True)
            ],
            "labels": self._labels(),
            "variants": self._variants(),
            "source": self._source(),
            "golden": self._golden(),
        }

    def _labels(self) -> dict[str, Any] | None:
        labels = self._content.meaning.labels
        if labels is None:
            return None
        text = "".join(f"{label}\n" for label in labels)
        return {**self._file("labels.txt", lambda path: path.write_bytes(text.encode())), "count": len(labels)}

    def _variants(self) -> list[dict[str, Any]]:
        def rank(optimized: Optimized) -> tuple[int, int]:
            variant = optimized.variant
            return TARGETS.index(variant.target), PRECISIONS.index(variant.precision)

        digests = {path: sha256_file(path) for path in {optimized.path for optimized in self._content.variants}}
        written: dict[str, dict[str, Any]] = {}
        variants = []
        for optimized in sorted(self._content.variants, key=rank):
            variant, description = optimized.variant, optimized.description
            digest = digests[optimized.path]
            if digest not in written:
                name = f"{variant.id}.nb"
                optimized.path.rename(self._root / name)
                written[digest] = {"file": name, "sha256": digest, "size": description["size"]}
            variants.append(
                {
                    "id": variant.id,
                    "target": variant.target,
                    "precision": variant.precision,
                    **written[digest],
                    "engine": {"name": "paddle-lite", "version": self._content.engine_version},
                    "ops": description["op_count"],
                    "kernels": dict(sorted(description["kernels"].items())),
                    "quantisation": None,
                }
            )
        return variants

    def _source(self) -> dict[str, Any]:
        model, zoo = self._content.model, self._content.model.zoo
        return {
            "kind": "legacy" if zoo is None else "zoo",
            "zoo": None if zoo is None else {"name": zoo.name, "weights": zoo.weights, "seed": zoo.seed},
            "files": [
                {"name": path.name, "sha256": sha256_file(path), "size": path.stat().st_size}
                for path in model.files.all
            ],
            "paddle_version": model.program.paddle_version,
            "repairs": [repair.to_json() for repair in self._content.repairs],
        }

    def _golden(self) -> dict[str, Any] | None:
        goldens = self._content.goldens
        if goldens is None:
            return None
        (self._root / "golden").mkdir()
        precisions = {optimized.variant.precision for optimized in self._content.variants}
        return {
            "reference": {"engine": goldens.engine, "version": goldens.version, "device": goldens.device},
            "cases": [self._case(case) for case in goldens.cases],
            "tolerances": {
                precision: {"max_relative_error": TOLERANCES[precision]}
                for precision in PRECISIONS
                if precision in precisions
            },
        }

    def _case(self, case: Case) -> dict[str, Any]:
        image = None
        if case.picture is not None:
            picture = Image.fromarray(case.picture)
            image = self._file(f"golden/{case.name}.png", lambda path: picture.save(path, format="PNG"))
        return {
            "name": case.name,
            "image": image,
            "inputs": self._arrays(f"golden/{case.name}.input", case.inputs),
            "outputs": self._arrays(f"golden/{case.name}.output", case.outputs),
        }

    def _arrays(self, stem: str, arrays: dict[str, NDArray[Any]]) -> list[dict[str, Any]]:
        return [
            {"name": name, **self._file(f"{stem}-{index}.npy", partial(_save_array, array))}
            for index, (name, array) in enumerate(arrays.items())
        ]

    def _file(self, name: str, save: Callable[[Path], object]) -> dict[str, Any]:
        path = self._root / name
        save(path)
        return {"file": name, "sha256": sha256_file(path), "size": path.stat().st_size}


def _tensor(tensor: TensorSpec) -> dict[str, Any]:
    return {"name": tensor.name, "shape": list(tensor.shape), "dtype": tensor.dtype}


def _save_array(array: NDArray[Any], path: Path) -> None:
    """NumPy's format 1.0, little-endian, C order, which C++ reads easily."""
    contiguous = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    with path.open("wb") as file:
        np.lib.format.write_array(file, contiguous, version=(1, 0), allow_pickle=False)
