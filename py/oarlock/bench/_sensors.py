"""What the system tells of heat and clock, under /sys (Linux); arm_linux/src/bench/sensors.cc reads the same.

temperature   thermal zones and, on PCs, hwmon chips of the processor; the hottest counts
frequency     scaling_cur_freq of every cpufreq policy; the fastest counts, since idle cores are clocked down
throttling    Intel's throttle counters, the Raspberry Pi's firmware, cooling devices that act on the processor
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["Reading", "Sensors"]

_PROCESSOR_ZONES = ("cpu", "soc", "x86_pkg")
_PROCESSOR_CHIPS = ("coretemp", "k10temp", "zenpower", "cpu_thermal")
_PROCESSOR_COOLING = ("cpufreq", "thermal-cpufreq", "Processor")
# Sensors that are not connected say -40 or -273 degrees, or far more than silicon stands.
_POSSIBLE_CELSIUS = (-30.0, 150.0)
# Frequency capped, throttled, soft temperature limit: bits 1 to 3 of the firmware's get_throttled (0x00030046).
_FIRMWARE_NOW = 0b1110


class Reading(NamedTuple):
    """What was read at one moment; None for what this system does not tell. ``throttled`` looks back to the reading
    before this one where the system counts, and otherwise is about the moment.
    """

    temperature_c: float | None
    frequency_mhz: float | None
    throttled: bool | None


class Sensors:
    """The sensors below ``root``, which is another folder in tests only."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._sys = root / "sys"
        self._counted = sum(self._counters())

    def read(self) -> Reading:
        """Read all of them. Never raises: what cannot be read is not there."""
        return Reading(self._temperature(), self._frequency(), self._throttled())

    def _temperature(self) -> float | None:
        zones = list(self._sys.glob("class/thermal/thermal_zone*"))
        ours = [zone for zone in zones if any(word in _text(zone / "type").lower() for word in _PROCESSOR_ZONES)]
        chips = [it for it in self._sys.glob("class/hwmon/hwmon*") if _text(it / "name") in _PROCESSOR_CHIPS]
        inputs = [file for chip in chips for file in chip.glob("temp*_input")]
        # A zone whose name says nothing is better than none.
        files = [zone / "temp" for zone in ours] + inputs or [zone / "temp" for zone in zones]
        celsius = [value / 1000 for value in _numbers(files)]
        low, high = _POSSIBLE_CELSIUS
        return max((value for value in celsius if low < value < high), default=None)

    def _frequency(self) -> float | None:
        files = self._sys.glob("devices/system/cpu/cpufreq/policy*/scaling_cur_freq")
        return max((kilohertz / 1000 for kilohertz in _numbers(files) if kilohertz > 0), default=None)

    def _throttled(self) -> bool | None:
        told = [by for by in (self._by_counters(), self._by_firmware(), self._by_cooling()) if by is not None]
        return any(told) if told else None

    def _by_counters(self) -> bool | None:
        counts = list(self._counters())
        if not counts:
            return None
        before, self._counted = self._counted, sum(counts)
        return self._counted > before

    def _counters(self) -> Iterator[int]:
        return _numbers(self._sys.glob("devices/system/cpu/cpu*/thermal_throttle/*_throttle_count"))

    def _by_firmware(self) -> bool | None:
        files = self._sys.glob("devices/platform/soc*/soc*:firmware/get_throttled")
        states = list(_numbers(files, lambda text: int(text, 16)))
        return any(state & _FIRMWARE_NOW for state in states) if states else None

    def _by_cooling(self) -> bool | None:
        devices = self._sys.glob("class/thermal/cooling_device*")
        ours = [device for device in devices if _text(device / "type").startswith(_PROCESSOR_COOLING)]
        states = list(_numbers(device / "cur_state" for device in ours))
        return any(state > 0 for state in states) if states else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _numbers(files: Iterable[Path], parse: Callable[[str], int] = int) -> Iterator[int]:
    for file in files:
        try:
            yield parse(_text(file))
        except ValueError:
            continue
