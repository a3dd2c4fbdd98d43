"""oarlock opt: from a source model to a bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click
from click.core import ParameterSource

from oarlock import store
from oarlock._catalog import OFFERED_VERSIONS
from oarlock.commands._shared import emit_json, json_option, printable, reports_errors

__all__ = ["opt"]

# The lists of oarlock_opt.lite.targets, here so that the help needs no import.
_TARGETS = ("x86", "arm64", "armv7", "opencl")
_PRECISIONS = ("fp32", "fp16", "int8w", "int16w", "int8")
_METHODS = ("auto", "abs_max", "hist", "KL", "mse", "avg")
_DEFAULT_PICTURES = 128
_DEFAULT_TIMEOUT = 600.0
_MAX_SEED = 2**32 - 1


def _choices(values: tuple[str, ...]) -> Callable[[click.Context, click.Parameter, str], tuple[str, ...]]:
    """A callback that splits an option at commas and checks the parts."""

    def split(ctx: click.Context, param: click.Parameter, text: str) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in text.split(","))
        for part in parts:
            if part not in values:
                raise click.BadParameter(f"{part!r} is not one of {', '.join(values)}.", ctx, param)
        return parts

    return split


def _check_output(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    if value.suffix != ".oar" or value.stem == "":
        raise click.BadParameter(f"{value} does not end in .oar, which is how bundles are called.", ctx, param)
    return value


def _check_places(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    if values:
        from oarlock_opt.errors import TargetError
        from oarlock_opt.lite.custom import parse

        try:
            for value in values:
                parse(value)
        except TargetError as error:
            raise click.BadParameter(error.message, ctx, param) from None
    return values


def _max_drop(ctx: click.Context, param: click.Parameter, text: str | None) -> float | str | None:
    """A callback that gives a number, "off" or None."""
    if text in (None, "off"):
        return text
    try:
        value = float(text or "")
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise click.BadParameter(f"{text!r}, expected a part from 0 to below 1, such as 0.05, or off.", ctx, param)
    return value


def _check_timeout(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if not 0 < value < float("inf"):
        raise click.BadParameter(f"{value:g}, expected a number of seconds above 0.", ctx, param)
    return value


@click.command()
@click.argument("source")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), callback=_check_output, metavar="NAME.oar",
    help="Where the bundle goes; an older bundle there is replaced.",
)  # fmt: skip
@click.option(
    "--target", "targets", callback=_choices(_TARGETS), default="x86,arm64", show_default=True, metavar="LIST",
    help=f"What to make it for: {', '.join(_TARGETS)}.",
)  # fmt: skip
@click.option(
    "--precision", "precisions", callback=_choices(_PRECISIONS), default="fp32", show_default=True, metavar="LIST",
    help=f"Of weights and kernels: {', '.join(_PRECISIONS)}.",
)  # fmt: skip
@click.option(
    "--places", multiple=True, callback=_check_places, metavar="[NAME=]LIST",
    help="A variant custom-NAME for an accelerator that Oarlock does not test, by Paddle Lite's own words "
    "(rockchip_npu, arm) and places (TARGET/PRECISION/LAYOUT), the preferred first. Alone, it stands instead of "
    "--target.",
)  # fmt: skip
@click.option(
    "--lite", type=click.Choice(OFFERED_VERSIONS), default=store.DEFAULT_VERSION, show_default=True,
    help="The version of Paddle Lite to make it with, which must be the one on the device.",
)  # fmt: skip
@click.option("--name", help="The model's name.  [default: the zoo's, or NAME]")
@click.option(
    "--preprocess", metavar="FILE|imagenet|none",
    help="How pictures become the input: JSON as in bundle.json, or PaddleClas' inference.yml.  [default: what lies "
    "beside the model, else imagenet]",
)  # fmt: skip
@click.option(
    "--labels", metavar="FILE|none",
    help="The names of the classes, one a line.  [default: what lies beside the model, else ImageNet's if there are "
    "1000]",
)  # fmt: skip
@click.option("--weights", metavar="FILE|imagenet|random", help="For a model of the zoo.  [default: imagenet]")
@click.option(
    "--seed", type=click.IntRange(0, _MAX_SEED), help="For --weights random, and for --calibrate.  [default: 0]"
)
@click.option(
    "--calibrate", metavar="DIR", type=click.Path(path_type=Path),
    help="For int8: a folder of pictures like those that the model will see, or of tensors (.npy, .npz) for a model "
    "that takes none. Some are held out to judge by, int8w and int16w as well.",
)  # fmt: skip
@click.option(
    "--calibrate-pictures", type=click.IntRange(min=1), metavar="N",
    help=f"The most that are calibrated with.  [default: {_DEFAULT_PICTURES}]",
)  # fmt: skip
@click.option(
    "--method", type=click.Choice(_METHODS, case_sensitive=False),
    help="How the ranges of int8 are chosen; auto tries all and takes the best.  [default: auto]",
)  # fmt: skip
@click.option(
    "--max-drop", callback=_max_drop, metavar="PART|off",
    help="The most that int8 may cost: the part of pictures whose first place changes, or with labels the accuracy "
    "that is lost. Operators stay in fp32 until it holds.  [default: 0.05, with labels 0.01]",
)  # fmt: skip
@click.option(
    "--validate", metavar="DIR", type=click.Path(path_type=Path),
    help="A folder of pictures or tensors to judge int8 by, instead of some of --calibrate.",
)  # fmt: skip
@click.option(
    "--labels-list", metavar="FILE", type=click.Path(path_type=Path),
    help="The classes of the pictures that int8 is judged by, a file and a number in each line. Folders called by the "
    "classes say it as well.",
)  # fmt: skip
@click.option(
    "--save-quantized", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path),
    help="Save the quantised program there, as PaddlePaddle reads it.",
)  # fmt: skip
@click.option("--no-golden", is_flag=True, help="Record no reference answers; needs no PaddlePaddle.")
@click.option("--no-cache", is_flag=True, help="Neither look in the cache of earlier results nor keep these there.")
@click.option(
    "--record-tailoring", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path),
    help="List there which operators and kernels a library needs for this model, joined with what is listed already, "
    "and tell how it is built.",
)  # fmt: skip
@click.option(
    "--explain", is_flag=True, help="Tell what was done to the model, and why; of a failure, what the engine said."
)
@click.option(
    "--timeout", type=float, default=_DEFAULT_TIMEOUT, show_default=True, callback=_check_timeout, metavar="SECONDS",
    help="The longest that one run of the optimiser or of PaddlePaddle's inference may take.",
)  # fmt: skip
@json_option
@click.pass_context
@reports_errors
def opt(
    ctx: click.Context,
    source: str,
    output: Path,
    targets: tuple[str, ...],
    precisions: tuple[str, ...],
    places: tuple[str, ...],
    lite: str,
    name: str | None,
    preprocess: str | None,
    labels: str | None,
    weights: str | None,
    seed: int | None,
    calibrate: Path | None,
    calibrate_pictures: int | None,
    method: str | None,
    max_drop: float | str | None,
    validate: Path | None,
    labels_list: Path | None,
    save_quantized: Path | None,
    no_golden: bool,
    no_cache: bool,
    record_tailoring: Path | None,
    explain: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Turn SOURCE into a bundle for devices.

    SOURCE is a program that PaddlePaddle saved (.json or .pdmodel, its parameters beside it), a folder with one, or the
    name of a model of the zoo (`oarlock models` lists them). The bundle holds a Paddle Lite model for each target and
    precision, preprocessing, labels, and golden inputs with PaddlePaddle's answers. Nothing is changed unless all of it
    succeeds.

    x86, arm64 and armv7 are made in fp32, int8w and int16w (weights stored in 8 or 16 bits, computed in fp32) and int8,
    arm64 and armv7 also in fp16, and opencl in fp16 alone. int8 needs --calibrate. A pair that cannot be made is
    skipped with a line that says why, and is an error when there is nothing else.
    """
    from oarlock_opt.commands._opt_progress import listening
    from oarlock_opt.commands._opt_summary import explanation, summary
    from oarlock_opt.errors import HostError
    from oarlock_opt.pipeline import Request, make_bundle

    if name == "":
        raise click.BadParameter("is empty.", param_hint="--name")
    _check_weights(source, weights, None if calibrate is not None else seed)
    of_calibration = {
        "--calibrate-pictures": calibrate_pictures,
        "--method": method,
        "--max-drop": max_drop,
        "--validate": validate,
        "--labels-list": labels_list,
        "--save-quantized": save_quantized,
    }
    _check_calibration(calibrate, precisions, of_calibration)
    if places and ctx.get_parameter_source("targets") is ParameterSource.DEFAULT:
        targets = ()
    calibration = None
    if calibrate is not None:
        from oarlock_opt.quantize.options import Options

        calibration = Options(
            calibrate,
            pictures=calibrate_pictures or _DEFAULT_PICTURES,
            method=method or "auto",
            max_drop=max_drop if isinstance(max_drop, float) else None,
            gate=max_drop != "off",
            seed=seed or 0,
            validate=validate,
            labels=labels_list,
        )
    request = Request(
        source,
        output,
        targets=targets,
        precisions=precisions,
        places=places,
        lite=lite,
        name=name,
        preprocess=preprocess,
        labels=labels,
        weights=weights or "imagenet",
        seed=seed or 0,
        golden=not no_golden,
        cache=not no_cache,
        record_tailoring=record_tailoring,
        calibration=calibration,
        save_quantized=save_quantized,
        timeout=timeout,
    )
    try:
        with listening() as listener:
            report = make_bundle(request, listener)
    except HostError as error:
        if explain and error.output:
            click.echo(printable(error.output.rstrip()), err=True)
        raise
    if explain:
        click.echo(printable(explanation(report)), err=as_json)
    if as_json:
        emit_json(report.to_json())
    else:
        click.echo(printable(summary(report)))


def _check_calibration(calibrate: Path | None, precisions: tuple[str, ...], options: Mapping[str, object]) -> None:
    """Raise a usage error for options of calibration where nothing is calibrated."""
    if calibrate is None:
        for option, value in options.items():
            if value is not None:
                raise click.UsageError(f"{option} is for --calibrate DIR.")
    elif not {"int8", "int8w", "int16w"} & set(precisions):
        raise click.UsageError("--calibrate is for --precision int8, or a list with it; int8w and int16w are judged.")


def _check_weights(source: str, weights: str | None, seed: int | None) -> None:
    """Raise a usage error for --weights and --seed that do not go with the source."""
    from oarlock_opt.zoo_source import find_entry, is_zoo_name

    if is_zoo_name(source):
        from oarlock_opt.zoo.errors import WeightsUnavailableError
        from oarlock_opt.zoo.weights import check_choice

        try:
            check_choice(find_entry(source), weights or "imagenet")
        except WeightsUnavailableError as error:
            raise click.BadParameter(error.message, param_hint="--weights") from None
        if seed is not None and weights != "random":
            raise click.UsageError("--seed is for --weights random.")
        return
    for option, value in (("--weights", weights), ("--seed", seed)):
        if value is not None:
            raise click.UsageError(f"{option} is for models of the zoo, but {source} is a path.")
