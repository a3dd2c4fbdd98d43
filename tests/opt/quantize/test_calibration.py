"""The thresholds, and what ends a calibration."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from oarlock_opt.errors import CalibrationFailedError
from oarlock_opt.imported import Imported
from oarlock_opt.importer import legacy
from oarlock_opt.quantize.calibration import Calibration, calibrate
from oarlock_opt.quantize.methods import METHODS
from oarlock_opt.quantize.program import Program
from oarlock_opt.quantize.samples import Samples


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.full
def test_together_the_methods_give_what_paddlepaddle_gives_for_each_alone(
    digits: Imported, data: Samples, calibration: Calibration, tmp_path: Path
) -> None:
    np.save(tmp_path / "data.npy", np.concatenate([batch.feed["x"] for batch in data.batches(4)]))
    files = [digits.program.program, digits.program.params, tmp_path / "data.npy"]
    script = Path(__file__).with_name("calibrate_alone.py")
    done = subprocess.run(
        [sys.executable, script, *map(str, files)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    alone = json.loads(done.stdout)
    assert list(calibration.thresholds) == list(METHODS)
    for method in METHODS:
        found = {name: np.float32(value) for name, value in calibration.thresholds[method].items()}
        assert found == {name: np.float32(value) for name, value in alone[method].items()}
        assert len(found) == 3


def test_equal_pictures_give_equal_files(
    digits: Imported, data: Samples, calibration: Calibration, tmp_path: Path
) -> None:
    said: list[str] = []
    again = calibrate(digits.program, data, METHODS, name="digits", folder=tmp_path, timeout=120, progress=said.append)
    assert again.thresholds == calibration.thresholds
    thresholds = calibration.thresholds["hist"]
    (first, second) = (
        legacy.write(Program(digits.program, each.program, {}).graph(thresholds, range(3)), _folder(tmp_path / name))
        for each, name in ((calibration, "first"), (again, "second"))
    )
    for one, other in zip(first.all, second.all, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert "pass 1 over 40 files: 4 done, some" in said[0]
    assert any(words.startswith("pass 2 over 40 files: 40 done") for words in said)
    assert any(words.startswith("thresholds of 3 tensors: 2 done") for words in said)


def test_one_method_needs_one_pass_where_it_has_no_histograms(digits: Imported, data: Samples, tmp_path: Path) -> None:
    said: list[str] = []
    calibrate(digits.program, data, ["avg"], name="digits", folder=tmp_path, timeout=120, progress=said.append)
    assert not any("pass 2" in words for words in said)


def test_what_paddlepaddle_cannot_run_is_a_sentence_of_its_words(
    digits: Imported, data: Samples, tmp_path: Path
) -> None:
    damaged = tmp_path / "model.pdiparams"
    assert digits.program.params is not None
    damaged.write_bytes(digits.program.params.read_bytes()[:500])
    broken = type(digits.program)(digits.program.program, damaged)
    with pytest.raises(CalibrationFailedError, match="digits: PaddlePaddle's calibration failed: ") as caught:
        calibrate(broken, data, ["hist"], name="digits", folder=tmp_path, timeout=120)
    assert "Traceback" not in caught.value.message


def test_no_answer_in_time_is_an_error(digits: Imported, data: Samples, tmp_path: Path) -> None:
    with pytest.raises(CalibrationFailedError, match=r"gave no answer for 0\.01 s and was stopped"):
        calibrate(digits.program, data, ["hist"], name="digits", folder=tmp_path, timeout=0.01)
