"""What ``oarlock inspect`` finds out about .nb files and bundles, by docs/schema/inspect.schema.json."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from oarlock import nb
from oarlock._catalog import OFFERED_VERSIONS
from oarlock._checks import host_install
from oarlock.bundle import Bundle, Variant
from oarlock.errors import BundleError, InvalidArgumentError, ModelError, NotFoundError, OarlockError

__all__ = ["inspect_path"]

_INSPECTORS = "oarlock.inspectors"
# What the kernels of a variant's file must be for, among others, by the variant's target.
_KERNELS = {"x86": "x86", "arm64": "arm", "armv7": "arm", "opencl": "opencl"}


def inspect_path(path: Path) -> dict[str, Any]:
    """Describe a .nb file, a bundle or, where an installed distribution knows how, a source model.

    What is wrong with it comes under ``problems``; then ``ok`` is false. Raises NotFoundError, FileReadError, and
    InvalidArgumentError when it is none of these.
    """
    if not path.exists():
        raise NotFoundError(f"{path}: no such file or folder")
    if path.is_dir() and ((path / "bundle.json").exists() or path.suffix == ".oar"):
        return _inspect_bundle(path)
    if path.is_file() and (path.suffix == ".nb" or _begins_like_nb(path)):
        return _inspect_nb(path)
    inspectors = entry_points(group=_INSPECTORS)
    for entry_point in inspectors:
        inspector: Callable[[Path], dict[str, Any] | None] = entry_point.load()
        if (description := inspector(path)) is not None:
            return description
    expected = "a .nb file, a bundle or a source model"
    hint = "" if inspectors else f"; source models need oarlock-opt: {host_install()}"
    raise InvalidArgumentError(f"{path}: is not {expected}{hint}")


def _begins_like_nb(path: Path) -> bool:
    with path.open("rb") as file:
        beginning = file.read(3)
    return len(beginning) == 3 and beginning[0] <= 2 and beginning[1:] == b"\0v"


def _inspect_nb(path: Path) -> dict[str, Any]:
    try:
        description = nb.describe(path)
    except ModelError as error:
        return _result("nb", path, [_problem(error)])
    problems = []
    if description["version"] not in OFFERED_VERSIONS:
        message = (
            f"{path}: was made for Paddle Lite {description['version']}, expected {' or '.join(OFFERED_VERSIONS)}: "
            "make it again with `oarlock opt`"
        )
        problems.append({"code": "OAR-VERSION-MISMATCH", "message": message})
    return {**_result("nb", path, problems), "nb": description}


def _inspect_bundle(path: Path) -> dict[str, Any]:
    try:
        bundle = Bundle(path)
    except (BundleError, ModelError) as error:
        return _result("bundle", path, [_problem(error)])
    problems = []
    for name in bundle.files:
        try:
            bundle.file(name)
        except OarlockError as error:
            problems.append(_problem(error))
    if not problems:
        problems = [problem for variant in bundle.variants for problem in _variant_problems(bundle, variant)]
    return {**_result("bundle", path, problems), "bundle": bundle.data}


def _variant_problems(bundle: Bundle, variant: Variant) -> Iterator[dict[str, str]]:
    """How the .nb file of a variant contradicts what bundle.json says of it."""
    try:
        description = nb.describe(bundle.file(variant.file))
    except OarlockError as error:
        yield _problem(error)
        return
    recorded = {
        "version": (description["version"], variant.engine_version),
        "inputs": ([it["name"] for it in description["inputs"]], [it["name"] for it in bundle.data["inputs"]]),
        "number of operators": (description["op_count"], variant.ops),
    }
    for what, (found, expected) in recorded.items():
        if found != expected:
            message = f"{bundle.path}: the {what} of {variant.file} is {found}, but bundle.json says {expected}"
            yield {"code": "OAR-BAD-BUNDLE", "message": message}
    if _KERNELS[variant.target] not in description["targets"]:
        targets = ", ".join(description["targets"])
        message = f"{bundle.path}: {variant.file} has kernels for {targets}, but it is the variant {variant.id}"
        yield {"code": "OAR-WRONG-TARGET", "message": message}


def _result(kind: str, path: Path, problems: list[dict[str, str]]) -> dict[str, Any]:
    return {"ok": not problems, "kind": kind, "file": str(path), "problems": problems}


def _problem(error: OarlockError) -> dict[str, str]:
    return {"code": error.code, "message": error.message}
