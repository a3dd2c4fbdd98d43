"""The engine beside PaddlePaddle, which exports 2,732 of its symbols too, without Python, and beside another engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT

_CLASSIFY = """
import json
import oarlock
with oarlock.Bundle.open({bundle!r}).open_session("x86-fp32") as session:
    import numpy
    image = numpy.random.default_rng(0).normal(size=(1, 3, 224, 224)).astype("float32")
    [scores] = session.run({{session.inputs[0].name: image}}).values()
"""
_PADDLE = """
import paddle
assert float(paddle.nn.functional.relu(paddle.to_tensor([-1.0, 2.0])).sum()) == 2.0
layer = paddle.nn.Conv2D(3, 4, 3)
assert layer(paddle.ones([1, 3, 8, 8])).shape == [1, 4, 6, 6]
"""
_PRINT = "print(json.dumps(scores[0, :10].tolist()))"


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(["{classify}", _PRINT], id="without PaddlePaddle"),
        pytest.param([_PADDLE, "{classify}", _PRINT], id="PaddlePaddle before"),
        pytest.param(["{classify}", _PADDLE, _PRINT], id="PaddlePaddle after"),
        pytest.param(["{classify}", _PADDLE, "{classify}", _PRINT], id="PaddlePaddle between two sessions"),
    ],
)
def test_right_in_every_order(lite0: Path, order: list[str]) -> None:
    classify = _CLASSIFY.format(bundle=str(lite0))
    script = "\n".join(part.replace("{classify}", classify) for part in order)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    scores = np.array(json.loads(done.stdout.splitlines()[-1]))

    import oarlock

    with oarlock.Bundle.open(lite0).open_session("x86-fp32") as session:
        image = np.random.default_rng(0).normal(size=(1, 3, 224, 224)).astype(np.float32)
        [expected] = session.run({session.inputs[0].name: image}).values()
    np.testing.assert_array_equal(scores.astype(np.float32), expected[0, :10])


def test_second_engine_file_is_refused(lite0: Path, engine: Path, tmp_path: Path) -> None:
    copy = tmp_path / "other" / "lite.so"
    copy.parent.mkdir()
    shutil.copy(engine, copy)
    (copy.parent / "libs").symlink_to(engine.parent / "libs")
    script = (
        "import oarlock\n"
        f"bundle = oarlock.Bundle.open({str(lite0)!r})\n"
        "session = bundle.open_session('x86-fp32')\n"
        "try:\n"
        f"    bundle.open_session('x86-fp32', engine={str(copy)!r})\n"
        "except oarlock.OarlockError as error:\n"
        "    print(error.code, error)\n"
        "bundle.open_session('x86-fp32')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("OAR-ENGINE-CONFLICT")
    assert str(copy) in done.stdout
    assert str(engine) in done.stdout


def test_in_a_program_without_python(lite0: Path, engine: Path) -> None:
    program = Path(os.environ.get("OARLOCK_TEST_BUILD", ROOT / "build" / "host")) / "native" / "tests" / "oarlock_smoke"
    libraries = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    assert "libpython" not in libraries
    done = subprocess.run([program, engine, lite0 / "x86-fp32.nb"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
