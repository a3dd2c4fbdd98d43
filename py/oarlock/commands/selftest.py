"""oarlock selftest: does this machine answer as the reference did?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from oarlock.commands._progress import Progress
from oarlock.commands._shared import Table, emit_json, json_option, printable, reports_errors

__all__ = ["selftest"]


@click.command(short_help="Replay a bundle's recorded answers on this machine.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--variant", metavar="ID", help="Variant to test, such as x86-fp32; by default the most exact that fits.")
@click.option("--all", "all_variants", is_flag=True, help="Test every variant that runs on this processor.")
@click.option(
    "--limit",
    metavar="E",
    type=click.FloatRange(min=0, min_open=True),
    help="Largest error that passes, as a part of the largest reference, instead of the bundle's limits.",
)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64), help="Threads of the engine.")
@json_option
@reports_errors
def selftest(
    bundle: Path, variant: str | None, all_variants: bool, limit: float | None, threads: int, as_json: bool
) -> None:
    """Replay the golden cases of BUNDLE, a folder NAME.oar, and compare with the answers recorded from PaddlePaddle.

    Preprocessing must give the recorded tensors to the bit; the engine's outputs must be within the bundle's limit for
    the variant's precision. PaddlePaddle is not needed. The exit status is 1 when anything differs.
    """
    if variant is not None and all_variants:
        raise click.UsageError("--variant and --all exclude each other")
    from oarlock.selftest import Step, run

    with Progress("cases") as progress:

        def on_step(step: Step) -> None:
            if step.done == 0:
                progress.start(step.total)
            else:
                progress.advance()

        result = run(bundle, variant, all_variants=all_variants, limit=limit, threads=threads, on_step=on_step)
    if as_json:
        emit_json(result.data)
    else:
        for line in _lines(result.data):
            click.echo(printable(line))
    if not result.ok:
        raise click.exceptions.Exit(1)


def _lines(data: dict[str, Any]) -> Iterator[str]:
    reference = data["reference"]
    engine = "" if data["paddle_lite"] is None else f", Paddle Lite {data['paddle_lite']}"
    yield (
        f"{data['name']} against {reference['engine']} {reference['version']} ({reference['device']}); "
        f"here {data['machine']}{engine}"
    )
    table = Table("variant", "case", "preprocessing", ">engine", ">end to end", ">limit", "first class")
    for variant in data["variants"]:
        for case in variant["cases"]:
            table.add(
                variant["id"],
                case["name"],
                _preprocessing(case["preprocessing"]),
                _error(case["engine"]),
                _error(case["end_to_end"]),
                f"{variant['limit']:.3g}",
                _first(case["end_to_end"] or case["engine"]),
            )
    if any(variant["cases"] for variant in data["variants"]):
        yield ""
        yield str(table)
    yield ""
    yield from (f"Note: {remark}." for remark in data["remarks"])
    if len(data["variants"]) > 1:
        yield from (variant["sentence"] for variant in data["variants"])
        yield ""
    yield f"{'PASSED' if data['ok'] else 'FAILED'}: {data['sentence']}"


def _preprocessing(stage: dict[str, Any] | None) -> str | None:
    if stage is None:
        return None
    if stage["passed"]:
        return "equal"
    difference = stage["difference"]
    return "failed" if difference is None else f"{difference['differing']} of {difference['elements']} differ"


def _error(stage: dict[str, Any] | None) -> str | None:
    """The largest error of a stage, or in a word why there is none."""
    if stage is None:
        return None
    if any(it["difference"] and it["difference"]["not_finite"] for it in stage["outputs"]):
        return "NaN or inf"
    errors = [it["relative_error"] for it in stage["outputs"] if it["relative_error"] is not None]
    if errors and (stage["passed"] or len(errors) == len(stage["outputs"])):
        return f"{max(errors):.2e}"
    return "equal" if stage["passed"] else "failed"


def _first(stage: dict[str, Any]) -> str | None:
    """Whether the reference's first class is first here too; else what place it has, row by row."""
    rows = [row for output in stage["outputs"] for row in output["first"]]
    if not rows:
        return None
    others = [f"{row['expected']} is {row['place']}." for row in rows if row["place"] != 1]
    return ", ".join(others) or "equal"
