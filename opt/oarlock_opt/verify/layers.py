"""The operators of a variant against the reference, over golden inputs or a picture."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock import Bundle, Preprocessor, images
from oarlock.bundle import Variant
from oarlock_opt.cache import Cache
from oarlock_opt.errors import VerifyError
from oarlock_opt.imported import import_model, keep
from oarlock_opt.layers import compare_layers
from oarlock_opt.lite.targets import CUSTOM, select
from oarlock_opt.source import SourceFiles
from oarlock_opt.verify.goldens import cases
from oarlock_opt.verify.labelled import Picture

__all__ = ["compare", "of_the_source"]


def of_the_source(variant: Variant) -> bool:
    """Whether a variant was made of the source's own operators: one that was calibrated, or custom, was not."""
    return variant.precision != "int8" and variant.target != CUSTOM


def compare(
    bundle: Bundle,
    variant_id: str,
    files: SourceFiles,
    *,
    pictures: Sequence[Picture],
    cache: Cache,
    save_to: Path | None,
    timeout: float,
) -> dict[str, Any]:
    """The report on every operator, by docs/schema/verify.schema.json: over the first picture, else the first golden.

    ``save_to`` gets what reproduces the first operator that leaves the reference. Raises VerifyError where there is no
    input, and what ``compare_layers`` raises.
    """
    variant = next(each for each in bundle.variants if each.id == variant_id)
    ((made,), _) = select([variant.target], [variant.precision])
    with tempfile.TemporaryDirectory(prefix="oarlock-verify-") as folder:
        program = Path(folder) / "program"
        program.mkdir()
        model = import_model(files, None, lite_version=variant.engine_version, folder=program, cache=cache)
        keep(model, cache)
        report = compare_layers(
            bundle.file(variant.file), model, made, [_feed(bundle, pictures)], save_to=save_to, timeout=timeout
        )
    return report.to_json()


def _feed(bundle: Bundle, pictures: Sequence[Picture]) -> dict[str, NDArray[Any]]:
    spec = bundle.preprocess
    if pictures and spec is not None:
        tensor = Preprocessor(spec)(images.load(pictures[0].path, spec.exif_orientation))
        (only,) = bundle.data["inputs"]
        return {only["name"]: np.repeat(tensor[np.newaxis], max(only["shape"][0], 1), axis=0)}
    case = next(cases(bundle), None)
    if case is None:
        raise VerifyError(
            f"{bundle.path}: has no golden inputs to compare operators over; give pictures with --images, or make the "
            "bundle without --no-golden"
        )
    return case.inputs
