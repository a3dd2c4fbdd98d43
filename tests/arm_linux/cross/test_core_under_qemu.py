"""Core and program built for boards: their own tests, and the same bits as on the host."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ...conftest import Figure
from .conftest import Cross, sh

pytestmark = pytest.mark.full

# What native/tests/CMakeLists.txt registers.
CORE_TESTS = ["unit", "abi", "engine", "exported_symbols", "fake_model", "smoke_on_fake_engine"]


def test_the_core_passes_its_tests(built: Cross) -> None:
    chosen = f"^({'|'.join(CORE_TESTS)})$"
    output = sh("ctest", "--test-dir", built.folder, "--output-on-failure", "--no-tests=error", "-R", chosen)
    assert f"100% tests passed, 0 tests failed out of {len(CORE_TESTS)}" in output


def test_the_program_passes_its_tests(built: Cross) -> None:
    """All but two: qemu adds a line of its own to a crash, and does not ask a file whether it is a camera."""
    output = built.run(
        built.folder / "tests/oarlock_classify_tests", "--gtest_filter=-Child.Failures:Camera.FilesThat*"
    )
    assert re.search(r"\[  PASSED  \] [3-9]\d tests", output.decode())


def test_preprocessing_and_scores_have_the_bits_of_the_host(built: Cross, classify_build: Path, figure: Figure) -> None:
    program = "native/tests/oarlock_print_results"
    expected = _results(subprocess.run([classify_build / program], capture_output=True, check=True).stdout)
    found = _results(built.run(built.folder / program))
    assert list(found) == list(expected)
    assert len(expected) > 60
    worst = 0
    for name, reference in expected.items():
        if reference.dtype == np.float32:
            worst = max(worst, _ulps(found[name], reference))
        else:
            np.testing.assert_array_equal(found[name], reference, err_msg=name)
    figure(f"{built.preset}: preprocessing and scores, largest difference from the host in ulp", worst)
    assert worst <= {"armv8": 0, "armv7hf": 1}[built.preset]


def test_the_results_are_worth_comparing(built: Cross) -> None:
    results = _results(built.run(built.folder / "native/tests/oarlock_print_results"))
    assert _ulps(np.float32([1.0, 0.0, -1e-45]), np.float32([1.0000001, 0.0, 1e-45])) == 2
    for name, values in results.items():
        assert np.isfinite(values).all(), name
        if "640x480" in name or "nv21" in name:
            assert len(np.unique(values)) > 100, name
    for count in (1, 10, 1000):
        assert results[f"scores/{count}/softmax"].sum() == pytest.approx(1, abs=1e-5)
        assert sorted(results[f"scores/{count}/order"]) == list(range(count))


def _results(output: bytes) -> dict[str, NDArray[np.generic]]:
    """What native/tests/print_results.cc wrote."""
    results = {}
    while output:
        line, _, output = output.partition(b"\n")
        name, dtype, count = line.decode().split()
        size = int(count) * np.dtype(dtype).itemsize
        assert len(output) >= size, f"{name} is cut off"
        results[name] = np.frombuffer(output[:size], dtype)
        output = output[size:]
    return results


def _ulps(a: NDArray[np.float32], b: NDArray[np.float32]) -> int:
    """The largest distance in representable numbers."""
    lines = [it.view(np.int32).astype(np.int64) for it in (a, b)]
    lines = [np.where(it < 0, -(it & 0x7FFFFFFF), it) for it in lines]
    return int(np.abs(lines[0] - lines[1]).max())
