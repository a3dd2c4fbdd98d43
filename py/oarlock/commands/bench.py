"""oarlock bench: how fast a bundle is, here or elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from oarlock.commands._shared import describe_error, emit_json, json_option, printable, reports_errors
from oarlock.errors import OarlockError

if TYPE_CHECKING:
    from oarlock.commands._progress import StatusLine
    from oarlock.places import BenchOptions, Place

__all__ = ["bench"]

_Outcome: TypeAlias = dict[str, Any] | OarlockError | OSError | MemoryError

_MOST_THREADS = 64
_LOOK_UP_SECONDS = 0.5
# Held equal to oarlock.places.BENCH_POWERS by a test; importing it here would slow every --help down.
_POWERS = ("high", "low", "full", "none", "rand-high", "rand-low")


def _thread_counts(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, ...]:
    """Numbers of threads out of "1,2,4", each once; none for None."""
    numbers = []
    for word in () if value is None else value.split(","):
        if not (word.isascii() and word.isdigit() and 1 <= int(word) <= _MOST_THREADS):
            raise click.BadParameter(f"{value!r} is no list of numbers from 1 to {_MOST_THREADS}, such as 1,2,4.")
        numbers.append(int(word))
    return tuple(dict.fromkeys(numbers))


@click.command(short_help="Measure how fast a bundle is, and how much memory it takes.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--on", "places", metavar="PLACE", multiple=True, default=("host",),
    help="host; or with oarlock-opt qemu[:CPU] (counts, no times), ssh:HOST; may be given again.  [default: host]",
)  # fmt: skip
@click.option("--variant", metavar="ID", help="Variant to run, such as x86-fp32; by default the most exact that fits.")
@click.option(
    "--threads", callback=_thread_counts, metavar="N,…",
    help="Numbers of threads to try, such as 1,2,4.  [default: 1, 2, 4 … and all processors]",
)  # fmt: skip
@click.option(
    "--runs", default=50, show_default=True, type=click.IntRange(1, 1_000_000),
    help="Runs that are measured for each number of threads.",
)  # fmt: skip
@click.option(
    "--warmup", default=5, show_default=True, type=click.IntRange(0, 1_000_000),
    help="Runs before those, beside the very first.",
)  # fmt: skip
@click.option(
    "--minutes", type=click.FloatRange(min=0, min_open=True), metavar="M",
    help="Then run without a pause for so long, with the fastest number of threads, and watch heat and clock.",
)  # fmt: skip
@click.option(
    "--power", type=click.Choice(_POWERS), default="none", show_default=True,
    help="The cores of a big.LITTLE processor that Paddle Lite binds threads to (ARM only).",
)  # fmt: skip
@json_option
@reports_errors
def bench(
    bundle: Path,
    places: tuple[str, ...],
    variant: str | None,
    threads: tuple[int, ...],
    runs: int,
    warmup: int,
    minutes: float | None,
    power: str,
    as_json: bool,
) -> None:
    """Measure BUNDLE, a folder NAME.oar: start, first run, the spread of the runs after it, and memory.

    Each number of threads is measured in a process of its own. Times are those of the engine for one picture, without
    decoding and preprocessing. With several places all are measured at once, and --json prints a line for each; the
    exit status is 1 when one of them failed.
    """
    from oarlock.places import BenchOptions

    options = BenchOptions(variant, threads, runs, warmup, minutes, power)
    names = tuple(dict.fromkeys(places))
    outcomes = _measure(bundle, names, options)
    if len(names) == 1:
        [outcome] = outcomes
        if not isinstance(outcome, dict):
            raise outcome
    _print(names, outcomes, as_json)
    if not all(isinstance(outcome, dict) for outcome in outcomes):
        raise click.exceptions.Exit(1)


def _measure(bundle: Path, names: tuple[str, ...], options: BenchOptions) -> list[_Outcome]:
    """What was measured at each place, or the error that came instead. Raises OarlockError when a name is no place."""
    from concurrent.futures import ThreadPoolExecutor, wait

    from oarlock.commands._progress import StatusLine

    with StatusLine() as line:
        places = [_place(name, line if len(names) == 1 else None) for name in names]

        def remark(sentence: str) -> None:
            line.erase()
            click.echo(printable(f"Note: {sentence}"), err=True)

        def measure(place: Place) -> _Outcome:
            try:
                return place.bench(bundle, options, remark=remark)
            except (OarlockError, OSError, MemoryError) as error:
                return error

        with ThreadPoolExecutor(len(places)) as pool:
            try:
                futures = [pool.submit(measure, place) for place in places]
                # Python may miss a Ctrl-C that comes while it goes to sleep in a wait without a limit.
                while wait(futures, timeout=_LOOK_UP_SECONDS).not_done:
                    pass
                return [future.result() for future in futures]
            except BaseException:  # Ctrl-C, for one
                for place in places:
                    place.cancel()
                raise


def _place(name: str, line: StatusLine | None) -> Place:
    from oarlock.places import HOST, find_place

    if name != HOST:
        return find_place(name)
    from oarlock.bench import Host
    from oarlock.commands._bench_view import show_steps

    return Host() if line is None else Host(lambda step: show_steps(line, step))


def _print(names: tuple[str, ...], outcomes: list[_Outcome], as_json: bool) -> None:
    """The results of all places on stdout, and the failures, with --json too, on stderr."""
    results = []
    for name, outcome in zip(names, outcomes, strict=True):
        if isinstance(outcome, dict):
            results.append(outcome)
        else:
            description = describe_error(outcome)
            click.echo(printable(f"Error: {name}: {description['message']}"), err=True)
        if as_json:
            emit_json(outcome if isinstance(outcome, dict) else {"ok": False, "place": name, "error": description})
    if results and not as_json:
        from oarlock.commands._bench_view import text

        click.echo(printable(text(results)))
