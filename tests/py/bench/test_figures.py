"""What is computed from times, and what is read of memory, heat and clock."""

from __future__ import annotations

import math
import subprocess
import sys
from array import array
from pathlib import Path

import numpy as np
import pytest

from oarlock.bench._host import thread_counts
from oarlock.bench._inputs import content, fixed_shape
from oarlock.bench._memory import peak_rss_bytes
from oarlock.bench._sensors import Reading, Sensors
from oarlock.bench._statistics import milliseconds, percentile, summary
from oarlock.errors import BadShapeError


@pytest.mark.parametrize("count", [1, 2, 3, 50, 101])
def test_percentiles_are_numpys(count: int) -> None:
    values = np.random.default_rng(count).exponential(size=count).tolist()
    figures = summary(values)
    for name, part in (("p50_ms", 50), ("p90_ms", 90), ("p99_ms", 99), ("min_ms", 0), ("max_ms", 100)):
        assert figures[name] == milliseconds(float(np.percentile(values, part))), name
    assert figures["mean_ms"] == pytest.approx(1000 * np.mean(values), abs=1e-4)
    assert percentile(sorted(values), 1) == max(values)


def test_summary_leaves_its_values_alone() -> None:
    values = [0.003, 0.001, 0.002]
    assert summary(values)["p50_ms"] == 2.0
    assert values == [0.003, 0.001, 0.002]


@pytest.mark.parametrize(
    ("processors", "counts"),
    [(1, (1,)), (2, (1, 2)), (4, (1, 2, 4)), (6, (1, 2, 4, 6)), (96, (1, 2, 4, 8, 16, 32, 64))],
)
def test_thread_counts(processors: int, counts: tuple[int, ...]) -> None:
    assert thread_counts(processors) == counts


def test_peak_memory_is_not_that_of_the_process_that_started_this_one() -> None:
    # Which getrusage's is: the child begins as a copy of this process.
    held = np.ones(256 << 20, np.uint8)
    code = "from oarlock.bench._memory import peak_rss_bytes as p; print(p()); b = bytearray(64 << 20); print(p())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert 1 << 20 < before < 128 << 20 < held.nbytes <= peak_rss_bytes()
    assert 60 << 20 < after - before < 72 << 20


class TestInputs:
    def test_shapes(self) -> None:
        assert fixed_shape("x", (-1, 3, 8, 8), None) == (1, 3, 8, 8)
        assert fixed_shape("x", (2, 3), None) == (2, 3)
        assert fixed_shape("x", (), None) == ()
        assert fixed_shape("x", (-1, 3, -1, -1), (256, 341)) == (1, 3, 256, 341)
        assert fixed_shape("x", (1, -1, -1, 3), (256, 341)) == (1, 256, 341, 3)

    @pytest.mark.parametrize("dims", [(-1, -1), (-1, 3, -1, -1), (1, -1, -1, -1)])
    def test_sizes_that_nobody_knows(self, dims: tuple[int, ...]) -> None:
        picture = (224, 224) if len(dims) == 4 and dims[1] == -1 else None
        with pytest.raises(BadShapeError, match=r"the input 'x' takes \(.*any\) and the bundle does not say"):
            fixed_shape("x", dims, picture)

    def test_real_numbers(self) -> None:
        values = array("f", content("float32", 2500))
        assert len(values) == 2500
        assert min(values) < -0.99
        assert max(values) > 0.99
        assert abs(math.fsum(values) / 2500) < 0.01
        assert values[:3].tolist() == pytest.approx([-1, 0.236068, -0.527864], abs=1e-6)
        assert values[997:].tolist() == values[:1503].tolist()
        assert len(content("float64", 5)) == 40

    @pytest.mark.parametrize(("dtype", "size"), [("int64", 8), ("int32", 4), ("uint8", 1), ("float16", 2), ("bool", 1)])
    def test_other_numbers_are_zero(self, dtype: str, size: int) -> None:
        assert content(dtype, 7) == bytes(7 * size)


class TestSensors:
    @staticmethod
    def _write(root: Path, **files: str) -> None:
        for name, text in files.items():
            path = root / "sys" / name.replace("__", "/").replace("_colon_", ":")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n")

    def _zone(self, root: Path, number: int, kind: str, value: str) -> None:
        folder = f"class__thermal__thermal_zone{number}__"
        self._write(root, **{f"{folder}type": kind, f"{folder}temp": value})

    def test_a_system_that_tells_nothing(self, tmp_path: Path) -> None:
        assert Sensors(tmp_path).read() == Reading(None, None, None)

    def test_the_hottest_zone_of_the_processor(self, tmp_path: Path) -> None:
        self._zone(tmp_path, 0, "battery", "99000")
        assert Sensors(tmp_path).read().temperature_c == 99.0
        self._zone(tmp_path, 1, "cpu-thermal", "61200")
        self._zone(tmp_path, 2, "CPU-therm", "64500")
        self._zone(tmp_path, 3, "soc-thermal", "-256000")  # Not connected.
        self._zone(tmp_path, 4, "cpu-broken", "no number")
        assert Sensors(tmp_path).read().temperature_c == 64.5

    def test_chips_of_pcs(self, tmp_path: Path) -> None:
        self._zone(tmp_path, 0, "acpitz", "99000")
        chip = "class__hwmon__hwmon0__"
        self._write(
            tmp_path, **{f"{chip}name": "k10temp", f"{chip}temp1_input": "41125", f"{chip}temp3_input": "52000"}
        )
        self._write(tmp_path, class__hwmon__hwmon1__name="nvme", class__hwmon__hwmon1__temp1_input="70000")
        assert Sensors(tmp_path).read().temperature_c == 52.0

    def test_the_fastest_core(self, tmp_path: Path) -> None:
        for number, kilohertz in ((0, "600000"), (4, "1800000"), (6, "<unknown>")):
            self._write(tmp_path, **{f"devices__system__cpu__cpufreq__policy{number}__scaling_cur_freq": kilohertz})
        assert Sensors(tmp_path).read().frequency_mhz == 1800.0

    def test_intels_counters_count_from_the_last_reading(self, tmp_path: Path) -> None:
        counter = "devices__system__cpu__cpu1__thermal_throttle__core_throttle_count"
        self._write(tmp_path, **{counter: "7"})
        sensors = Sensors(tmp_path)
        assert sensors.read().throttled is False
        self._write(tmp_path, **{counter: "9"})
        assert [sensors.read().throttled, sensors.read().throttled] == [True, False]

    # Bits of now: 0 too little voltage, 1 frequency capped, 2 throttled, 3 soft limit; the same from 16 on: since boot.
    @pytest.mark.parametrize(("state", "throttled"), [("0", False), ("50005", True), ("e0008", True), ("f0001", False)])
    def test_the_raspberry_pis_firmware(self, tmp_path: Path, state: str, throttled: bool) -> None:
        self._write(tmp_path, devices__platform__soc__soc_colon_firmware__get_throttled=state)
        assert Sensors(tmp_path).read().throttled is throttled

    def test_cooling_devices(self, tmp_path: Path) -> None:
        folder = "class__thermal__cooling_device"
        self._write(tmp_path, **{f"{folder}0__type": "pwm-fan", f"{folder}0__cur_state": "3"})
        assert Sensors(tmp_path).read().throttled is None
        self._write(tmp_path, **{f"{folder}1__type": "cpufreq-cpu0", f"{folder}1__cur_state": "0"})
        assert Sensors(tmp_path).read().throttled is False
        self._write(tmp_path, **{f"{folder}1__cur_state": "2"})
        assert Sensors(tmp_path).read().throttled is True
