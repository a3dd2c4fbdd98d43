"""How ``oarlock bench`` shows what was measured, and meanwhile how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from oarlock.commands._progress import StatusLine, duration
from oarlock.commands._shared import Table, megabytes

if TYPE_CHECKING:
    from oarlock.bench import Step

__all__ = ["progress_text", "show_steps", "text"]

_TIMES = ("init_ms", "first_ms", "p50_ms", "p90_ms", "p99_ms", "mean_ms", "min_ms", "max_ms")


def show_steps(line: StatusLine, step: Step) -> None:
    """Draw how far a measurement is, when it is time to."""
    if line.is_due():
        line.draw(progress_text(step))


def progress_text(step: Step) -> str:
    """A line such as "2 threads, 113 of 168 runs"; sustained "4 threads, 130 s of 10 min, p50 35.12 ms, 61.2 °C"."""
    threads = _count(step.threads, "thread")
    if step.interval is None:
        return f"{threads}, {step.done:.0f} of {step.total:.0f} runs"
    parts = [threads, f"{step.done:.0f} s of {duration(step.total)}", f"p50 {step.interval['p50_ms']:.2f} ms"]
    if step.interval["temperature_c"] is not None:
        parts.append(f"{step.interval['temperature_c']:.1f} °C")
    return ", ".join(parts)


def text(results: Sequence[dict[str, Any]]) -> str:
    """Everything that was measured, for people; a table of all places, and one for each sustained run."""
    lines = [_heading(result) for result in results]
    lines += ["", str(_sweep(results))]
    for result in results:
        if result["sustained"] is not None:
            lines += ["", *_sustained(result, named=len(results) > 1)]
    remarks = dict.fromkeys(remark for result in results for remark in result["remarks"])
    if remarks:
        lines += ["", *(f"Note: {remark}" for remark in remarks)]
    return "\n".join(lines)


def _heading(result: dict[str, Any]) -> str:
    there = result["environment"]
    return (
        f"{result['bundle']}, {result['variant']} on {result['place']}: {there['processor']} ({there['machine']}), "
        f"{there['system']}, Paddle Lite {there['engine']}"
    )


def _sweep(results: Sequence[dict[str, Any]]) -> Table:
    several = len(results) > 1
    runs = [run for result in results for run in result["runs"]]
    counted = any(run.get("instructions") is not None for run in runs)
    names = [name.removesuffix("_ms") for name in _TIMES]
    columns = [">threads", ">runs", *(f">{name} ms" for name in names), ">peak memory"]
    table = Table(*(["place"] if several else []), *columns, *([">instructions"] if counted else []))
    for result in results:
        for run in result["runs"]:
            cells: list[object] = [result["place"]] if several else []
            cells += [run["threads"], run["runs"], *(_milliseconds(run[name]) for name in _TIMES)]
            cells.append(None if run["peak_rss_bytes"] is None else megabytes(run["peak_rss_bytes"]))
            if counted:
                cells.append(run.get("instructions"))
            table.add(*cells)
    return table


def _sustained(result: dict[str, Any], *, named: bool) -> Iterator[str]:
    sustained = result["sustained"]
    intervals = sustained["intervals"]
    place = f" on {result['place']}" if named else ""
    yield f"Without a pause{place}, {_count(sustained['threads'], 'thread')}:"
    table = Table(">seconds", ">p50 ms", ">°C", ">MHz", "throttled")
    for it in intervals:
        celsius = None if it["temperature_c"] is None else f"{it['temperature_c']:.1f}"
        megahertz = None if it["frequency_mhz"] is None else f"{it['frequency_mhz']:.0f}"
        throttled = None if it["throttled"] is None else "yes" if it["throttled"] else "no"
        table.add(f"{it['seconds']:.0f}", _milliseconds(it["p50_ms"]), celsius, megahertz, throttled)
    yield str(table)
    yield _conclusion(intervals)


def _conclusion(intervals: Sequence[dict[str, Any]]) -> str:
    """What came of it, in a sentence: the last interval against the fastest, and how often it was throttled."""
    fastest = min(it["p50_ms"] for it in intervals)
    parts = [f"The last p50 is {intervals[-1]['p50_ms'] / fastest:.2f} times the best"]
    told = [it["throttled"] for it in intervals if it["throttled"] is not None]
    if told:
        parts.append(f"throttled in {sum(told)} of {_count(len(told), 'interval')}")
    else:
        parts.append("this system does not tell whether it throttles")
    return f"{'; '.join(parts)}."


def _milliseconds(value: float | None) -> str | None:
    if value is None:
        return None
    return f"{value:.2f}" if value >= 1 else f"{value:.4f}"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
