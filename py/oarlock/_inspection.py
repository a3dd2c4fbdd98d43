"""What ``oarlock inspect`` finds out about .nb files and bundles, by docs/schema/inspect.schema.json."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from oarlock import nb
from oarlock._catalog import OFFERED_VERSIONS
from oarlock.errors import (
    BundleError,
    InvalidArgumentError,
    MissingPackageError,
    ModelError,
    NotFoundError,
    OarlockError,
)

if TYPE_CHECKING:
    from oarlock.bundle import Bundle, Variant

__all__ = ["Inspector", "compare_paths", "draw_path", "inspect_path", "is_nb"]

_INSPECTORS = "oarlock.inspectors"
# What the kernels of a variant's file must be for, among others, by the variant's target; custom ones may be for any.
_KERNELS = {"x86": "x86", "arm64": "arm", "armv7": "arm", "opencl": "opencl"}


class Inspector(Protocol):
    """What a distribution that knows more registers in the group "oarlock.inspectors": a module with these functions.

    They raise OarlockError and OSError.
    """

    def describe(self, path: Path, *, batch: int | None, layers: bool) -> dict[str, Any] | None:
        """A description of the source model at ``path``; None when it is a file of another kind."""

    def analyse(self, path: Path, *, batch: int | None, layers: bool) -> dict[str, Any]:
        """``analysis`` of the schema for a .nb file."""

    def draw(self, path: Path, drawing: Path, *, batch: int | None, full: bool) -> dict[str, Any]:
        """Draw a .nb file or a source model; returns ``graph`` of the schema."""

    def compare(self, path: Path, other: Path) -> dict[str, Any]:
        """Compare two of those, by docs/schema/inspect-diff.schema.json."""


def inspect_path(path: Path, *, batch: int | None = None, layers: bool = False) -> dict[str, Any]:
    """Describe a .nb file, a bundle or, where an installed distribution knows how, a source model.

    A .nb file is analysed, which needs such a distribution, only when a batch or layers are asked for. What is wrong
    with it comes under ``problems``; then ``ok`` is false. Raises NotFoundError, FileReadError, MissingPackageError,
    and InvalidArgumentError when it is none of these, or a batch that the model does not take.
    """
    _check_exists(path)
    more = batch is not None or layers
    if _is_bundle(path):
        if more:
            raise _bundle_refused(path)
        return _inspect_bundle(path)
    if is_nb(path):
        description = _inspect_nb(path)
        if more and "nb" in description:
            analyse = _inspector(path, "the layers of a .nb file").analyse
            description["analysis"] = analyse(path, batch=batch, layers=layers)
        return description
    inspectors = _inspectors()
    for inspector in inspectors:
        if (found := inspector.describe(path, batch=batch, layers=layers)) is not None:
            return found
    expected = "a .nb file, a bundle or a source model"
    hint = "" if inspectors else f"; source models need oarlock-opt: {_host_install()}"
    raise InvalidArgumentError(f"{path}: is not {expected}{hint}")


def draw_path(path: Path, drawing: Path, *, batch: int | None = None, full: bool = False) -> dict[str, Any]:
    """Draw a .nb file or a source model into ``drawing``, every operator on its own where ``full``.

    Returns what the drawing is. Raises OarlockError and OSError; then ``drawing`` is as it was.
    """
    _check_exists(path)
    if _is_bundle(path):
        raise _bundle_refused(path)
    return _inspector(path, "the drawing of a model").draw(path, drawing, batch=batch, full=full)


def compare_paths(path: Path, other: Path) -> dict[str, Any]:
    """What differs between two .nb files or source models; ``ok`` when nothing does. Raises OarlockError, OSError."""
    for each in (path, other):
        _check_exists(each)
        if _is_bundle(each):
            raise _bundle_refused(each)
    return _inspector(path, "the comparison of models").compare(path, other)


def _inspectors() -> list[Inspector]:
    return [entry_point.load() for entry_point in entry_points(group=_INSPECTORS)]


def _inspector(path: Path, purpose: str) -> Inspector:
    inspectors = _inspectors()
    if not inspectors:
        raise MissingPackageError(f"{path}: {purpose} needs oarlock-opt: {_host_install()}")
    return inspectors[0]


def _host_install() -> str:
    from oarlock._checks import host_install

    return host_install()


def _check_exists(path: Path) -> None:
    if not path.exists():
        raise NotFoundError(f"{path}: no such file or folder")


def _is_bundle(path: Path) -> bool:
    return path.is_dir() and ((path / "bundle.json").exists() or path.suffix == ".oar")


def _bundle_refused(path: Path) -> InvalidArgumentError:
    files = ", ".join(str(each) for each in sorted(path.glob("*.nb")))
    return InvalidArgumentError(f"{path}: is a bundle, which may hold several models; give one of them: {files}")


def is_nb(path: Path) -> bool:
    """Whether a path is that of a .nb file, by its suffix or by how it begins. Raises OSError."""
    if not path.is_file():
        return False
    if path.suffix == ".nb":
        return True
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
    from oarlock.bundle import Bundle  # which a .nb file does not wait for

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
    kernels = _KERNELS.get(variant.target)
    if kernels is not None and kernels not in description["targets"]:
        targets = ", ".join(description["targets"])
        message = f"{bundle.path}: {variant.file} has kernels for {targets}, but it is the variant {variant.id}"
        yield {"code": "OAR-WRONG-TARGET", "message": message}


def _result(kind: str, path: Path, problems: list[dict[str, str]]) -> dict[str, Any]:
    return {"ok": not problems, "kind": kind, "file": str(path), "problems": problems}


def _problem(error: OarlockError) -> dict[str, str]:
    return {"code": error.code, "message": error.message}
