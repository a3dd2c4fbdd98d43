"""Where the reference runs: what is refused, and what PaddlePaddle is told of a GPU, which these machines lack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oarlock.errors import InvalidArgumentError
from oarlock_opt.errors import ReferenceDeviceError
from oarlock_opt.reference import Options, Reference
from oarlock_opt.source import find_files

_IMAGINE = Path(__file__).with_name("imagine_gpu.py")


def _told(files: Any, **options: Any) -> dict[str, Any]:
    """What PaddlePaddle is told, and the facts, where it is made to believe in a GPU."""
    command = [sys.executable, str(_IMAGINE), *map(str, files.all), json.dumps(options)]
    environment = {name: value for name, value in os.environ.items() if name != "NVIDIA_TF32_OVERRIDE"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert answer["shapes"] == [[2, 10], [3, 10]]
    return answer


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"device": "tpu"}, "device is 'tpu', expected auto, gpu, cpu"),
        ({"precision": "int8"}, "precision is 'int8', expected fp32, fp16"),
        ({"threads": 0}, "threads is 0, expected 1 to 64"),
        ({"threads": 65}, "threads is 65, expected 1 to 64"),
    ],
)
def test_options_that_are_none(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidArgumentError, match=said):
        Options(**options)


@pytest.mark.parametrize(
    ("options", "wish"), [({"precision": "fp16"}, "the reference in fp16"), ({"tensorrt": True}, "TensorRT")]
)
def test_what_a_cpu_cannot_do(models: Path, options: dict[str, Any], wish: str) -> None:
    with pytest.raises(ReferenceDeviceError, match=f"{wish} needs a GPU, and the device is cpu"):
        Options(device="cpu", **options)
    # Never the CPU in silence.
    with pytest.raises(ReferenceDeviceError, match=f"{wish} needs a GPU, but PaddlePaddle .* is built without CUDA"):
        Reference.open(find_files(models / "digits"), Options(**options))


def test_a_gpu_that_is_not_there(models: Path) -> None:
    with pytest.raises(ReferenceDeviceError, match=r"built without CUDA\. Install .*paddlepaddle-gpu") as caught:
        Reference.open(find_files(models / "digits"), Options(device="gpu"))
    assert caught.value.code == "OAR-REFERENCE-DEVICE"
    assert "\n" not in caught.value.message


def test_auto_is_the_cpu_here(models: Path) -> None:
    with Reference.open(find_files(models / "digits")) as opened:
        assert opened.facts.device == "cpu"


def test_a_gpu_in_fp32_runs_the_program_as_it_is(models: Path) -> None:
    told = _told(find_files(models / "digits"))
    assert told["facts"] == {
        "engine": "PaddlePaddle inference (CUDA, fp32 without TF32, no graph optimisation)",
        "version": "3.3.1",
        "device": "gpu (Imagined 0)",
        "threads": 1,
        "precision": "fp32",
        "tensorrt": False,
    }
    assert told["tf32"] == "0"
    assert told["calls"] == [
        ["set_flags", {"FLAGS_cudnn_deterministic": True}],
        ["Config"],
        ["disable_glog_info"],
        ["enable_use_gpu", 512, 0, "Precision.Float32"],
        ["switch_ir_optim", False],
        ["set_cpu_math_library_num_threads", 1],
    ]


def test_fp16_needs_the_graph_rewritten(models: Path) -> None:
    told = _told(find_files(models / "digits"), device="gpu", precision="fp16")
    assert told["facts"]["precision"] == "fp16"
    assert "fp16" in told["facts"]["engine"]
    assert "no graph optimisation" not in told["facts"]["engine"]
    assert told["tf32"] is None
    assert ["enable_use_gpu", 512, 0, "Precision.Half"] in told["calls"]
    assert ["switch_ir_optim", True] in told["calls"]


def test_tensorrt_is_built_for_the_shapes_of_the_first_feed(models: Path) -> None:
    told = _told(find_files(models / "digits"), tensorrt=True)
    assert told["facts"]["tensorrt"] is True
    assert "TensorRT" in told["facts"]["engine"]
    names = [call[0] for call in told["calls"]]
    assert names.count("Config") == 3, "one to name inputs and outputs, one to see shapes, one with TensorRT"
    assert names.index("collect_shape_range_info") < names.index("enable_tensorrt_engine")
    [engine] = [call[1] for call in told["calls"] if call[0] == "enable_tensorrt_engine"]
    assert engine["precision_mode"] == "Precision.Float32"
    assert engine["use_calib_mode"] == 0
    assert ["enable_tuned_tensorrt_dynamic_shape", "shapes", True] in told["calls"]


def test_tensorrt_is_for_legacy_programs(pir_models: Path) -> None:
    with pytest.raises(AssertionError, match="TensorRT runs within PaddlePaddle's predictor for legacy programs only"):
        _told(find_files(pir_models / "digits"), tensorrt=True)
