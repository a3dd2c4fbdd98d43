"""The DPN series the whole way: exported with random weights, optimised for three targets, run on x86 and compared."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import oarlock
from oarlock import nb
from oarlock_opt import reference
from oarlock_opt.source import open_source
from tests.conftest import Figure, Run

# MACs in G and parameters in M of PaddleClas' definitions, as its own tools count them.
_PUBLISHED = {
    "DPN68": (2.3506, 12.677),
    "DPN92": (6.5434, 37.794),
    "DPN98": (11.7288, 61.736),
    "DPN107": (18.3811, 87.132),
    "DPN131": (16.0914, 79.478),
}


@pytest.mark.parametrize(
    "name", [name if name == "DPN68" else pytest.param(name, marks=pytest.mark.full) for name in _PUBLISHED]
)
def test_runs_as_paddlepaddle_does(name: str, oarlock_cli: Run, engine: Path, figure: Figure, tmp_path: Path) -> None:
    source, bundle_path = tmp_path / name, tmp_path / f"{name}.oar"
    try:
        exported = json.loads(
            oarlock_cli("export", name, "--weights", "random", "--seed", "0", "-o", source, "--json").stdout
        )
        macs, params = _PUBLISHED[name]
        assert round(exported["macs"] / 1e9, 4) == macs
        assert round(exported["params"] / 1e6, 3) == params

        oarlock_cli("opt", source, "-o", bundle_path, "--target", "x86,arm64,armv7")
        bundle = oarlock.Bundle.open(bundle_path)
        assert [variant.id for variant in bundle.variants] == ["x86-fp32", "arm64-fp32", "armv7-fp32"]
        assert nb.describe(bundle_path / bundle.pick_variant("arm64-fp32").file)["targets"] == ["arm", "host"]

        for batch in (1, 3):
            image = np.random.default_rng(batch).normal(size=(batch, 3, 224, 224)).astype(np.float32)
            with bundle.open_session("x86-fp32", threads=2) as session:
                [found] = session.run({session.inputs[0].name: image}).values()
            [expected] = reference.run(open_source(source).files, [{"x": image}]).outputs[0].values()
            assert found.shape == expected.shape == (batch, 1000)
            error = np.abs(found - expected).max() / np.abs(expected).max()
            figure(f"{name}, batch {batch}: relative error against PaddlePaddle", error)
            assert error <= 1e-5
            np.testing.assert_array_equal(found.argmax(1), expected.argmax(1))
    finally:
        shutil.rmtree(source, ignore_errors=True)
        shutil.rmtree(bundle_path, ignore_errors=True)
