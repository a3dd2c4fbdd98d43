"""oarlock predict: the classes of pictures, by a bundle, a .nb file or, in PaddlePaddle, a source model."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oarlock.commands._answers import CsvWriter, JsonWriter, TextWriter, Writer
from oarlock.commands._interrupts import Interrupts
from oarlock.commands._memory import Trimmer
from oarlock.commands._opening import Opening
from oarlock.commands._pace import Pace
from oarlock.commands._progress import Progress
from oarlock.commands._shared import describe_error, json_option, reports_errors
from oarlock.commands._sources import Item, Sources

if TYPE_CHECKING:
    from oarlock.classifier import Answer, Classifier

__all__ = ["predict"]

# Held equal to the library's by a test; importing it here would slow every --help down.
_MAX_PIXELS = 178_956_970
_MAX_WORKERS = 64
_PILLOW_BLOCKS = 16


@click.command(short_help="Name what pictures show.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option("--top", default=5, show_default=True, type=click.IntRange(min=1), help="Classes to name per picture.")
@click.option(
    "--engine",
    type=click.Choice(("lite", "paddle")),
    default="lite",
    show_default=True,
    help="Paddle Lite, or PaddlePaddle for what the device is compared with.",
)
@click.option(
    "--device",
    type=click.Choice(("auto", "gpu", "cpu")),
    help="For --engine paddle: where it runs; by default on a GPU if it can.",
)
@click.option("--variant", metavar="ID", help="Variant to run, such as x86-fp32; by default the most exact that fits.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64), help="Threads of the engine.")
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, _MAX_WORKERS),
    help="Threads that decode pictures meanwhile; by default one per processor, up to 4.",
)
@click.option(
    "--max-pixels",
    metavar="N",
    default=_MAX_PIXELS,
    show_default=True,
    type=click.IntRange(min=1),
    help="Refuse pictures of more pixels, before they are decoded.",
)
@click.option(
    "--preprocess",
    metavar="FILE|imagenet",
    help="For a .nb file or source model: how it wants pictures, as in a bundle.json.",
)
@click.option(
    "--labels",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="For a .nb file or source model: its classes, one a line.",
)
@click.option(
    "--require-signature",
    metavar="KEYFILE",
    type=click.Path(path_type=Path),
    help="Refuse a bundle that the owner of this public key has not signed.",
)
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a line per class.")
@reports_errors
def predict(
    model: Path,
    images: tuple[str, ...],
    top: int,
    engine: str,
    device: str | None,
    variant: str | None,
    threads: int,
    workers: int | None,
    max_pixels: int,
    preprocess: str | None,
    labels: Path | None,
    require_signature: Path | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Classify pictures with MODEL, a bundle NAME.oar or a .nb file; with --engine paddle the source model.

    IMAGE is a picture; a folder, whose pictures are found by their suffixes, in its folders too but not in hidden ones,
    and taken in alphabetical order; a quoted pattern ('photos/**/*.jpg'); @FILE, a list of pictures, one a line; - for
    a picture on standard input, or @- for a list there. A picture that cannot be classified gets an error in its place;
    the others are done and the exit status is 1.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    opening = Opening(
        model=model,
        engine=engine,
        device=device,
        variant=variant,
        threads=threads,
        max_pixels=max_pixels,
        preprocess=preprocess,
        labels=labels,
        require_signature=require_signature,
    )
    opening.check()
    # Pillow is to keep up to 256 MB for the next picture: to fetch it anew takes a third of the time of decoding.
    os.environ.setdefault("PILLOW_BLOCKS_MAX", str(_PILLOW_BLOCKS))
    if max_pixels > _MAX_PIXELS:
        from PIL import Image

        Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit, for the whole of this process
    from oarlock.images import SUFFIXES

    sources = Sources(images, SUFFIXES)
    writer: Writer = JsonWriter() if as_json else CsvWriter() if as_csv else TextWriter()
    with opening.open() as classifier:
        _Run(classifier, sources, writer).go(top, workers)


class _Run:
    """All the pictures, one after another."""

    def __init__(self, classifier: Classifier, sources: Sources, writer: Writer) -> None:
        self._classifier = classifier
        self._sources = sources
        self._writer = writer
        self._done = self._failed = 0
        self._pace = Pace(classifier.variant_id)
        self._trimmer = Trimmer()

    def go(self, top: int, workers: int | None) -> None:
        """Raises click's Exit: 1 when a picture failed, 130 after Ctrl-C."""
        interrupts = Interrupts()
        try:
            with Progress("pictures") as progress, interrupts.watched():
                progress.start(self._sources.count() if progress.shown else None)
                for answer in self._classifier.stream(self._sources, top, workers=workers, read=Item.read):
                    with interrupts.held():
                        self._print(answer, progress)
                    self._trimmer.picture_done()
        except KeyboardInterrupt:
            click.echo(f"Interrupted after {self._done} picture{'' if self._done == 1 else 's'}.", err=True)
            raise click.exceptions.Exit(130) from None
        if self._failed:
            click.echo(f"Error: {self._failed} of {self._done} pictures could not be classified", err=True)
            raise click.exceptions.Exit(1)

    def _print(self, answer: Answer, progress: Progress) -> None:
        if sys.stdout.isatty():
            progress.erase()
        self._done += 1
        name = answer.item.name
        if answer.error is not None:
            self._failed += 1
            self._writer.failure(name, describe_error(answer.error))
        else:
            self._writer.answer(name, self._classifier.variant_id, answer.best, answer.seconds * 1000)
            if (remark := self._pace.remark(answer.seconds)) is not None:
                progress.erase()
                click.echo(f"Note: {remark}", err=True)
        progress.advance()
