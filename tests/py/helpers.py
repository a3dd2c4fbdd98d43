"""What the runtime's tests share."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock import store
from oarlock.preprocess import PreprocessSpec, ResizeShort

# What the models here take: 8 x 8 pixels.
SMALL = PreprocessSpec(resize=ResizeShort(10), center_crop=(8, 8))
CLASSES = 10


def names(folder: Path) -> list[str]:
    """The names of everything directly in a folder, hidden or not, sorted."""
    return sorted(path.name for path in folder.iterdir())


class Build:
    """The folder of a native build with tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def fake_engine(self) -> Path:
        """The fake Paddle Lite library."""
        return self._existing("fake/liboarlock_fake_full.so")

    def make_nb(self, path: Path, *options: str) -> Path:
        """A small model, by native/fake/make_nb.cc; without options x: float32 (any, 3, 8, 8) to y: (any, 10)."""
        subprocess.run([self._existing("fake/oarlock_make_nb"), path, *options], check=True)
        return path

    def _existing(self, name: str) -> Path:
        path = self._folder / name
        assert path.exists(), f"{path} is missing: run `./build.sh native host`, or set OARLOCK_TEST_BUILD"
        return path


def make_bundle(
    build: Build, folder: Path, *, variants: Mapping[str, tuple[str, ...]] | None = None, **changes: Any
) -> Path:
    """A bundle of ten classes: ``variants`` has options of make_nb by id, ``changes`` replace fields of bundle.json."""
    folder.mkdir()
    entries = []
    for identifier, options in (variants or {"x86-fp32": (), "arm64-fp32": ("--target", "arm")}).items():
        target, precision = identifier.split("-")
        path = build.make_nb(folder / f"{identifier}.nb", *options)
        entries.append(
            {
                "id": identifier,
                "target": target,
                "precision": precision,
                **file_entry(path),
                "engine": {"name": "paddle-lite", "version": "2.12"},
                "ops": 3,
                "kernels": {f"{'x86' if target == 'x86' else 'arm'}/float/nchw": 1, "host/any/any": 2},
                "quantisation": None,
            }
        )
    labels = folder / "labels.txt"
    labels.write_text("".join(f"class {number}, thing\n" for number in range(CLASSES)), encoding="utf-8")
    data = {
        "format": "oarlock-bundle",
        "format_version": 1,
        "name": "small",
        "created_by": {"tool": "tests", "version": "0"},
        "inputs": [{"name": "x", "shape": [-1, 3, 8, 8], "dtype": "float32"}],
        "preprocess": SMALL.to_json(),
        "outputs": [{"name": "y", "shape": [-1, CLASSES], "dtype": "float32", "meaning": "logits"}],
        "labels": {**file_entry(labels), "count": CLASSES},
        "variants": entries,
        "source": {"kind": "legacy", "files": [], "paddle_version": None, "repairs": []},
        "golden": None,
        **changes,
    }
    (folder / "bundle.json").write_text(json.dumps(data, indent=2), encoding="utf-8")
    return folder


def install_fake_engine(build: Build, home: Path) -> Path:
    """Put the fake engine into a store as if it were Paddle Lite 2.12 for this machine."""
    folder = home / "lite" / "2.12" / (store.machine_target() or "x86")
    folder.mkdir(parents=True)
    library = folder / "lite.so"
    library.write_bytes(build.fake_engine.read_bytes())
    facts = {"sha256": hashlib.sha256(library.read_bytes()).hexdigest(), "size": library.stat().st_size}
    engine = {"target": folder.name, "version": "2.12", "library": "lite.so", **facts, "origin": "pypi", "pinned": True}
    (folder / "engine.json").write_text(json.dumps({"engine": engine, "files": {"lite.so": facts}}))
    return library


def fake_scores(*inputs: NDArray[Any], classes: int = CLASSES) -> NDArray[np.float32]:
    """What the fake engine answers, by the formula in native/fake/fake_engine.h."""
    rows = np.concatenate([it.reshape(len(it), -1).astype(np.float64) for it in inputs], axis=1)
    parts = np.pad(rows / rows.shape[1], ((0, 0), (0, -rows.shape[1] % 16))).reshape(len(rows), -1, 16)
    sums = parts.cumsum(axis=1)[:, -1]
    weights = np.array([[_weight(k, j) for j in range(17)] for k in range(classes)])
    result = np.tile(weights[:, 16], (len(rows), 1))
    for j in range(16):
        result = result + weights[:, j] * sums[:, j : j + 1]
    return result.astype(np.float32)


def _weight(k: int, j: int) -> float:
    mask = (1 << 64) - 1
    value = (k * 0x9E3779B97F4A7C15 + j * 0xC2B2AE3D27D4EB4F + 1) & mask
    value = ((value ^ value >> 33) * 0xFF51AFD7ED558CCD) & mask
    value = ((value ^ value >> 33) * 0xC4CEB9FE1A85EC53) & mask
    return (value >> 40) / (1 << 23) - 1


def file_entry(path: Path) -> dict[str, Any]:
    """What bundle.json says of a file."""
    content = path.read_bytes()
    return {"file": path.name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
