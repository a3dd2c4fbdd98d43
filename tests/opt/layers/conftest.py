"""Models with their .nb files for x86, and ways to plant errors in the files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock import store
from oarlock_opt.cache import Cache
from oarlock_opt.imported import Imported, import_model
from oarlock_opt.inspection._flatbuffer import Table
from oarlock_opt.layers._nb_file import NbFile
from oarlock_opt.layers._tables import Record
from oarlock_opt.lite import weights, worker
from oarlock_opt.lite.targets import Variant, select
from oarlock_opt.source import find_files
from tests.conftest import run_oarlock


@dataclass(frozen=True)
class Subject:
    """A source, imported, and what was made of it."""

    model: Imported
    variant: Variant
    path: Path

    def feed(self, seed: int = 0) -> dict[str, NDArray[Any]]:
        """A picture of noise."""
        [spec] = self.model.interface.inputs
        shape = (1, *spec.shape[1:])
        return {spec.name: np.random.default_rng(seed).standard_normal(shape, np.float32)}


_BIT = 1 << 25  # of a float32's exponent
_PARAM, _TENSOR, _DATA = 8, 3, 4  # native/src/nb_container.h and native/schema

Import = Callable[..., Subject]


@pytest.fixture(scope="session")
def imported(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Import:
    """Imports a model and optimises it: ``imported(source)``, ``imported(source, "arm64", "int8w")``."""

    def make(source: Path, target: str = "x86", precision: str = "fp32") -> Subject:
        folder = tmp_path_factory.mktemp(source.name)
        (folder / "program").mkdir()
        model = import_model(
            find_files(source), None, lite_version=store.DEFAULT_VERSION, folder=folder / "program", cache=Cache.none()
        )
        [variant], _ = select([target], [precision])
        program = (weights.restored(model, folder / "restored") if variant.recipe.weight_bits else model).program
        assert program.params is not None
        [made] = worker.optimize(program.program, program.params, [variant], engine=store.find("x86"), folder=folder)
        return Subject(model, variant, made.path)

    return make


@pytest.fixture(scope="session")
def lite0_subject(lite0_source: Path, imported: Import) -> Subject:
    """EfficientNet-Lite0 with its ImageNet weights."""
    return imported(lite0_source)


@pytest.fixture(scope="session")
def dpn68_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DPN68 with random weights."""
    folder = tmp_path_factory.mktemp("dpn68") / "dpn68"
    run_oarlock("export", "DPN68", "--weights", "random", "-o", folder)
    return folder


@pytest.fixture(scope="session")
def dpn68_subject(dpn68_source: Path, imported: Import) -> Subject:
    """That model."""
    return imported(dpn68_source)


@pytest.fixture(scope="session", params=["lite0_subject", pytest.param("dpn68_subject", marks=pytest.mark.full)])
def subject(request: pytest.FixtureRequest) -> Subject:
    """Each of the two."""
    made: Subject = request.getfixturevalue(request.param)
    return made


def change_op(path: Path, number: int, attributes: dict[str, dict[str, Any]], to: Path) -> Path:
    """A copy of a .nb file in which an operator has other attributes, given by their stored fields."""
    file = NbFile.read(path)
    op: Record = file.block["ops"][number]
    for attribute in op["attrs"]:
        attribute.update(attributes.get(attribute["name"], {}))
    return file.write(to)


def change_weights(path: Path, parameter: str, change: Callable[[NDArray[np.float32]], None], to: Path) -> Path:
    """A copy of a .nb file in which ``change`` was done to a parameter's values, float32 and flat."""
    content = bytearray(path.read_bytes())
    entry = bytes(NbFile.read(path).parameters[parameter])
    tensor = Table.root(memoryview(entry)[_PARAM:]).table(_TENSOR)
    assert tensor is not None
    start, size = tensor.span(_DATA)
    change(np.frombuffer(content, np.float32, size // 4, content.index(entry) + _PARAM + start))
    to.write_bytes(content)
    return to


def flip_exponent_bit(path: Path, parameter: str, to: Path) -> Path:
    """A copy of a .nb file with one bit flipped: one of a parameter's larger weights is 16 times as large."""

    def flip(weights: NDArray[np.float32]) -> None:
        bits = weights.view(np.uint32)
        bits[int(np.where(bits & _BIT == 0, np.abs(weights), 0).argmax())] |= _BIT

    return change_weights(path, parameter, flip, to)
