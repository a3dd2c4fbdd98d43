"""Writes a bundle by docs/schema/bundle.schema.json: checked whole, then swapped in.

Equal contents give equal bytes: keys and variants have one order, and nothing of the time, the machine or a path on it
goes in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oarlock import _core
from oarlock._files import replace_directory, sha256_file
from oarlock._specs import TensorSpec
from oarlock.bundle import Bundle
from oarlock.errors import OarlockError
from oarlock_opt.destination import FORMAT, check_destination
from oarlock_opt.errors import DestinationError
from oarlock_opt.imported import Imported
from oarlock_opt.lite.targets import CUSTOM, PRECISIONS, Variant
from oarlock_opt.lite.worker import Optimized
from oarlock_opt.preprocessing import Interpretation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from oarlock_opt.golden import Case, Goldens

__all__ = ["Content", "write"]

_FORMAT_VERSION = 1


@dataclass(frozen=True)
class Content:
    """Everything that goes into a bundle."""

    name: str
    model: Imported
    meaning: Interpretation
    variants: Sequence[Optimized]
    engine_version: str
    goldens: Goldens | None
    calibration: Mapping[str, Any] | None = None
    """``variants[].quantisation`` of the calibrated variants, where there are some."""
    calibrated_tolerance: float | None = None
    """The tolerance of the goldens for them, where there are goldens, too."""
    measured_weights: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """What was measured of weight-only variants, by the bits of a weight."""


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
    _check(root, {variant["file"] for variant in data["variants"]})
    check_destination(destination)
    replace_directory(root, destination)
    return data


def _check(root: Path, models: set[str]) -> None:
    """Open the bundle as a device does, and check every hash.

    Not those of the ``models``: they were moved here, and their hashes are of the files as they are.
    """
    try:
        bundle = Bundle.open(root)
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and name != "bundle.json" and name not in models:
                bundle.file(name)
    except OarlockError as error:
        # What was written is not what was meant: a full or failing disk, or a defect.
        raise DestinationError(f"the new bundle is not right and was not put in place: {error.message}") from error


class _Writer:
    """Fills the folder ``root``; ``data`` gives the matching bundle.json."""

    def __init__(self, root: Path, content: Content) -> None:
        self._root = root
        self._content = content

    def data(self) -> dict[str, Any]:
        content, interface = self._content, self._content.model.interface
        preprocess = content.meaning.preprocess
        return {
            "format": FORMAT,
            "format_version": _FORMAT_VERSION,
            "name": content.name,
            "created_by": {"tool": "oarlock opt", "version": _core.text(_core.library().oar_version())},
            "inputs": [_tensor(tensor) for tensor in interface.inputs],
            "preprocess": None if preprocess is None else preprocess.to_json(),
            "outputs": [
                {**_tensor(tensor), "meaning": meaning}
                for tensor, meaning in zip(interface.outputs, content.meaning.meanings, strict=True)
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
        written: dict[str, dict[str, Any]] = {}
        variants = []
        for optimized in sorted(self._content.variants, key=lambda it: it.variant.rank):
            variant, description = optimized.variant, optimized.description
            digest = optimized.sha256
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
                    "quantisation": self._quantisation(variant),
                    **({"places": list(map(str, variant.recipe.places))} if variant.target == CUSTOM else {}),
                }
            )
        return variants

    def _source(self) -> dict[str, Any]:
        model, zoo = self._content.model, self._content.model.zoo
        return {
            "kind": model.files.format if zoo is None else "zoo",
            "zoo": None if zoo is None else {"name": zoo.name, "weights": zoo.weights, "seed": zoo.seed},
            "files": [file.to_json() for file in model.hashes.get()],
            "paddle_version": model.paddle_version,
            "repairs": [repair.to_json() for repair in model.repairs],
        }

    def _golden(self) -> dict[str, Any] | None:
        goldens = self._content.goldens
        if goldens is None:
            return None
        from oarlock_opt.golden import TOLERANCES

        (self._root / "golden").mkdir()
        precisions = {optimized.variant.precision for optimized in self._content.variants}
        tolerances = {**TOLERANCES, "int8": self._content.calibrated_tolerance}
        return {
            "reference": {"engine": goldens.engine, "version": goldens.version, "device": goldens.device},
            "cases": [self._case(case) for case in goldens.cases],
            "tolerances": {
                precision: {"max_relative_error": tolerances[precision]}
                for precision in PRECISIONS
                if precision in precisions
            },
        }

    def _quantisation(self, variant: Variant) -> dict[str, Any] | None:
        calibration = self._content.calibration
        if variant.recipe.calibrated and calibration is not None:
            return dict(calibration)
        bits = variant.recipe.weight_bits
        if not bits:
            return None
        measured = self._content.measured_weights.get(bits)
        return {"kind": "weight-only", "bits": bits, **({} if measured is None else {"measured": dict(measured)})}

    def _case(self, case: Case) -> dict[str, Any]:
        image = None
        if case.picture is not None:
            from PIL import Image

            picture = Image.fromarray(case.picture)
            # Without compression, so that devices read it without a decoder.
            image = self._file(
                f"golden/{case.name}.png", lambda path: picture.save(path, format="PNG", compress_level=0)
            )
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
    import numpy as np

    contiguous = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    with path.open("wb") as file:
        np.lib.format.write_array(file, contiguous, version=(1, 0), allow_pickle=False)
