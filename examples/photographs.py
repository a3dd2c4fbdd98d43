"""Classify the photographs of the scikit-image package with a bundle, and compare each answer with PaddlePaddle's.

    python examples/photographs.py efficientnet_lite0.oar efficientnet_lite0/ [--variant ID] [PHOTOGRAPH …]

The second argument is the inference model that the bundle was made from. The exit status is 1 when a first place
differs or the largest |difference of logits| exceeds 1e-5 of the largest |logit|.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

import oarlock
from oarlock.commands._shared import Table, reports_errors
from oarlock_opt import reference
from oarlock_opt.source import find_files

_NAMES = (
    "astronaut.png camera.png cell.png chelsea.png coffee.png coins.png clock_motion.png hubble_deep_field.jpg "
    "motorcycle_left.png page.png rocket.jpg"
)
_LIMIT = 1e-5


@click.command()
@click.argument("bundle")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("photographs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--variant", help="The variant to run; by default the most exact that fits.")
@reports_errors
def main(bundle: str, model: Path, photographs: tuple[Path, ...], variant: str | None) -> None:
    """Compare a BUNDLE's answers for PHOTOGRAPHS with those of PaddlePaddle for the MODEL it was made from."""
    photographs = photographs or _of_scikit_image()
    opened = oarlock.Bundle.open(bundle)
    with oarlock.Classifier.open(bundle, variant=variant) as classifier:
        variant = classifier.variant_id
        tensors = [classifier.prepare(photograph)[np.newaxis] for photograph in photographs]
        answers = [classifier.classify(photograph, top=2)[0] for photograph in photographs]
    with opened.open_session(variant) as session:
        [entry] = session.inputs
        runs = [(*session.run({entry.name: tensor}).values(), session.last_run_seconds) for tensor in tensors]
    judge = reference.run(find_files(model), [{entry.name: tensor} for tensor in tensors])

    table = Table("photograph", "first", ">score", "second", ">score", ">ms", ">difference", "first place")
    agreeing = 0
    for photograph, (first, second), (found, seconds), answer in zip(
        photographs, answers, runs, judge.outputs, strict=True
    ):
        [expected] = answer.values()
        difference = float(np.abs(found - expected).max() / np.abs(expected).max())
        theirs = int(expected.argmax())
        same = first.class_id == theirs
        agreeing += same and difference <= _LIMIT
        table.add(
            photograph.name,
            first.label,
            f"{first.score:.3f}",
            second.label,
            f"{second.score:.3f}",
            f"{seconds * 1000:.0f}",
            f"{difference:.1e}",
            "same" if same else f"not {opened.label(theirs)}",
        )
    click.echo(f"{bundle}, {variant}, beside {judge.engine}, version {judge.version}, of {model}.")
    click.echo("difference: largest |difference of logits| / largest |logit|. first place: against PaddlePaddle's.\n")
    click.echo(str(table))
    click.echo(
        f"\n{agreeing} of {len(photographs)} photographs agree: the same first place, difference at most {_LIMIT:g}."
    )
    raise click.exceptions.Exit(0 if agreeing == len(photographs) else 1)


def _of_scikit_image() -> tuple[Path, ...]:
    import skimage

    return tuple(Path(skimage.__file__).parent / "data" / name for name in _NAMES.split())


if __name__ == "__main__":
    main()
