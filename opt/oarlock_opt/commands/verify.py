"""oarlock verify: whether a bundle answers as its model does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from oarlock.commands._shared import emit_json, json_option, printable, reports_errors
from oarlock_opt.commands._programs import programs_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oarlock_opt.verify.labelled import Picture

__all__ = ["verify"]

_DEFAULT_TIMEOUT = 600.0


@click.command(short_help="Prove that a bundle answers as its model does.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--on", "places", metavar="PLACE,…", multiple=True, default=("host",),
    help="Where to run it: host, qemu[:CPU], ssh:HOST[:DIR]; may be given again.  [default: host]",
)  # fmt: skip
@programs_option
@click.option("--variant", "variants", multiple=True, metavar="ID", help="Only this variant; may be given again.")
@click.option(
    "--images", "folder", metavar="DIR", type=click.Path(path_type=Path),
    help="Compare over the pictures in a folder and its folders, too.",
)  # fmt: skip
@click.option(
    "--list", "listed", metavar="FILE", type=click.Path(path_type=Path),
    help="Compare over labelled pictures, too: lines of a path and the number of its class, as PaddleClas has them.",
)  # fmt: skip
@click.option(
    "--reference", metavar="MODEL", type=click.Path(path_type=Path),
    help="The model that the bundle was made from, which answers for pictures and --layers.  [default: the zoo's]",
)  # fmt: skip
@click.option(
    "--preprocess", metavar="FILE|imagenet",
    help="How the reference is to see pictures.  [default: what lies beside the model, else what the bundle says]",
)  # fmt: skip
@click.option(
    "--device", type=click.Choice(("auto", "gpu", "cpu")), default="auto", show_default=True,
    help="Where the reference runs.",
)  # fmt: skip
@click.option("--fp16", is_flag=True, help="The reference in fp16, on a GPU.")
@click.option("--tensorrt", is_flag=True, help="The reference through TensorRT, on a GPU.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64), help="Threads of the variant.")
@click.option(
    "--max-error", metavar="X", type=click.FloatRange(min=0, min_open=True),
    help="The limit of |difference| / largest |score|, for every variant.  [default: the bundle's, by precision]",
)  # fmt: skip
@click.option(
    "--min-agreement", metavar="PART", type=click.FloatRange(0, 1),
    help="The smallest part of the pictures with the same first place, 0 to 1.  [default: by precision]",
)  # fmt: skip
@click.option("--layers", is_flag=True, help="Compare every operator, and name the first that leaves the reference.")
@click.option(
    "--save-inputs", metavar="DIR", type=click.Path(path_type=Path),
    help="With --layers: save what reproduces that operator.",
)  # fmt: skip
@click.option(
    "--report", metavar="FILE.html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page for people."
)
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=_DEFAULT_TIMEOUT, show_default=True,
    metavar="SECONDS", help="The longest that one answer of the reference may take.",
)  # fmt: skip
@json_option
@reports_errors
def verify(
    bundle: Path,
    places: tuple[str, ...],
    programs: Path | None,
    variants: tuple[str, ...],
    folder: Path | None,
    listed: Path | None,
    reference: Path | None,
    preprocess: str | None,
    device: str,
    fp16: bool,
    tensorrt: bool,
    threads: int,
    max_error: float | None,
    min_agreement: float | None,
    layers: bool,
    save_inputs: Path | None,
    report: Path | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Compare the variants of BUNDLE with the reference, PaddlePaddle, stage by stage.

    Without pictures, the golden inputs in the bundle are replayed and compared with the answers that were recorded when
    it was made. With --images or --list, PaddlePaddle answers real pictures beside each variant. With several places
    every variant is run at each, all places at once. The exit status is 1
    when a variant differs by more than its limits allow, fails, or gives NaN.
    """
    if folder is not None and listed is not None:
        raise click.UsageError("--images and --list exclude each other")
    if save_inputs is not None and not layers:
        raise click.UsageError("--save-inputs is for --layers")
    if report is not None:
        from oarlock_opt.report import check

        check(report)
    from oarlock_opt.commands._verify_view import listening, text
    from oarlock_opt.devices.places import open_places
    from oarlock_opt.reference import Options
    from oarlock_opt.verify import Request
    from oarlock_opt.verify import verify as verify_bundle

    request = Request(
        bundle,
        (),
        variants=variants,
        pictures=_pictures(bundle, folder, listed),
        reference=reference,
        preprocess=preprocess,
        options=Options(
            device=cast("Literal['auto', 'gpu', 'cpu']", device),
            precision="fp16" if fp16 else "fp32",
            tensorrt=tensorrt,
        ),
        error=max_error,
        agreement=min_agreement,
        layers=layers,
        save_inputs=save_inputs,
        timeout=timeout,
    )
    with listening() as listener:
        opened = open_places(places, threads=threads, programs=programs, remark=listener.remark)
        verification = verify_bundle(replace(request, places=opened), listener)
    data: dict[str, Any] = verification.to_json()
    if report is not None:
        from oarlock_opt.report import write

        write(data, report)
    if as_json:
        emit_json(data)
    else:
        click.echo(printable(text(verification)))
    if not verification.ok:
        raise click.exceptions.Exit(1)


def _pictures(bundle: Path, folder: Path | None, listed: Path | None) -> Sequence[Picture]:
    from oarlock_opt.verify.labelled import in_folder, in_list

    if folder is not None:
        return in_folder(folder)
    if listed is None:
        return ()
    from oarlock import Bundle

    output = next((each for each in Bundle.open(bundle).data["outputs"] if each["meaning"] != "tensor"), None)
    classes = None if output is None or output["shape"][-1] < 0 else output["shape"][-1]
    return in_list(listed, classes)
