"""One network in one format: exported, made a bundle by the command line, run, and compared with PaddlePaddle."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import skimage

from oarlock import IsolatedSession
from oarlock.bundle import Bundle
from oarlock_opt import reference
from oarlock_opt.source import open_source
from tests.coverage.architectures import find

__all__ = ["BATCHES", "TARGETS", "Trial", "attempt"]

TARGETS = ("x86", "arm64", "armv7")
BATCHES = (1, 3)
_SECONDS = 900.0
_EXACT = 1e-6
_PHOTOGRAPHS = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "coins.png", "grass.png", "rocket.jpg")


@dataclass(frozen=True)
class Verified:
    """What ``oarlock verify`` said of the x86 variant over ``pictures`` photographs: whether all is within the limits,
    the part with PaddlePaddle's first place, the largest relative error.
    """

    ok: bool
    pictures: int
    agreement: float
    error: float


@dataclass
class Trial:
    """What came of it.

    ``exported`` is "" or why PaddlePaddle itself could not write or run the model, and then the rest says nothing.
    ``failures`` has the error of each target that was refused, or that of the run. ``errors`` has the largest
    |difference| / largest |answer of PaddlePaddle| by batch. Where one is above a millionth, ``sensitivity`` says by
    how much PaddlePaddle's own answers move, relative to the largest, when every input element moves by its last bit.
    ``verified`` is of the photographs, None where the model could not be run.
    """

    name: str
    form: str
    exported: str = ""
    failures: dict[str, str] = field(default_factory=dict)
    errors: dict[int, float] = field(default_factory=dict)
    sensitivity: float | None = None
    first_place: bool = False
    verified: Verified | None = None
    repairs: dict[str, int] = field(default_factory=dict)

    @property
    def worst(self) -> float:
        """The largest of ``errors``, infinity where the model could not be run."""
        return max(self.errors.values(), default=float("inf")) if len(self.errors) == len(BATCHES) else float("inf")

    def passed(self, limit: float) -> bool:
        """Whether every target takes it, the answers are within ``limit`` and ``oarlock verify`` agrees."""
        if self.exported or self.failures or self.verified is None:
            return False
        return self.worst <= limit and self.verified.ok and self.verified.agreement == 1


def attempt(name: str, form: str, own: Path | None = None) -> Trial:
    """Try the network ``name`` in the format ``form``, "pir" or "legacy"."""
    trial = Trial(name, form)
    with tempfile.TemporaryDirectory(prefix="oarlock-coverage-") as work:
        folder = Path(work, "model")
        folder.mkdir()
        command = [sys.executable, "-m", "tests.coverage.export", name, form, str(folder)]
        done = _run(command + ([] if own is None else [str(own)]))
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines()
            trial.exported = _short(lines[-1]) if lines else f"status {done.returncode}"
            return trial
        bundle, shape = Path(work, "model.oar"), find(name, own).input_shape
        _write_preprocess(folder / "preprocess.json", *shape[1:])
        made = _opt(folder, bundle, TARGETS, trial)
        if made is None:  # which of the targets is it?
            for target in TARGETS:
                made = (
                    _opt(folder, bundle if target == "x86" else Path(work, f"{target}.oar"), (target,), trial) or made
                )
        if made is not None:
            trial.repairs = {each["name"]: each["count"] for each in made["repairs"]}
        if bundle.exists():
            trial.failures.pop("x86", None)
            _compare(folder, bundle, shape, trial)
            if not trial.exported and "run" not in trial.failures:
                _verify(folder, bundle, Path(work), trial)
    return trial


def _opt(folder: Path, bundle: Path, targets: tuple[str, ...], trial: Trial) -> dict[str, Any] | None:
    """What ``oarlock opt`` says of the bundle; None after an error, which goes into the trial."""
    oarlock = str(Path(sys.executable).with_name("oarlock"))
    preprocess = str(folder / "preprocess.json")
    options = ["--target", ",".join(targets), "--preprocess", preprocess, "--labels", "none", "--no-golden", "--json"]
    done = _run([oarlock, "opt", str(folder), "-o", str(bundle), "--no-cache", *options])
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        said = {"ok": False, "error": {"code": "NOT-TYPED", "message": done.stderr.strip()[-500:]}}
    for target in targets:
        trial.failures.pop(target, None)
        if not said["ok"]:
            error = said["error"]
            trial.failures[target] = f"{error['code']}: {_short(error['message'].replace(str(folder), 'model'))}"
    return said if said["ok"] else None


def _compare(folder: Path, bundle: Path, shape: tuple[int, ...], trial: Trial) -> None:
    files = open_source(folder).files
    dice = np.random.default_rng(1)
    feeds = [{"x": dice.standard_normal((batch, *shape)).astype(np.float32)} for batch in BATCHES]
    trial.first_place = True
    try:
        expected = reference.run(files, feeds, timeout=_SECONDS).outputs
        if not all(np.isfinite(array).all() for answers in expected for array in answers.values()):
            trial.exported = "with random weights its answer has NaN or infinity in it"
            return
        with IsolatedSession(Bundle.open(bundle).file("x86-fp32.nb")) as session:
            names = [tensor.name for tensor in session.outputs]
            for batch, feed, answers in zip(BATCHES, feeds, expected, strict=True):
                found = session.run(feed)
                pairs = [(found[name], answers[name]) for name in names]
                trial.errors[batch] = max(_error(ours, theirs) for ours, theirs in pairs)
                trial.first_place &= all(np.array_equal(ours.argmax(-1), theirs.argmax(-1)) for ours, theirs in pairs)
        if trial.worst > _EXACT:
            nudged = [{"x": np.nextafter(feed["x"], np.inf, dtype=np.float32)} for feed in feeds]
            moved = reference.run(files, nudged, timeout=_SECONDS).outputs
            pairs = [(moved[i][name], expected[i][name]) for i in range(len(feeds)) for name in names]
            trial.sensitivity = max(_error(ours, theirs) for ours, theirs in pairs)
    except Exception as error:
        trial.failures["run"] = f"{getattr(error, 'code', type(error).__name__)}: {_short(str(error))}"


def _write_preprocess(file: Path, height: int, width: int) -> None:
    spec = {
        "color": "RGB",
        "exif_orientation": True,
        "crop_fraction": None,
        "resize": {"short": max(height, width) * 8 // 7, "interpolation": "bilinear"},
        "center_crop": {"height": height, "width": width},
        "scale": 1 / 255,
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "layout": "NCHW",
    }
    file.write_text(json.dumps(spec), encoding="utf-8")


def _verify(folder: Path, bundle: Path, work: Path, trial: Trial) -> None:
    photographs = work / "photographs"
    photographs.mkdir()
    for name in _PHOTOGRAPHS:
        (photographs / name).symlink_to(Path(skimage.__file__).parent / "data" / name)
    oarlock = str(Path(sys.executable).with_name("oarlock"))
    options = ["--variant", "x86-fp32", "--images", str(photographs), "--reference", str(folder)]
    done = _run([oarlock, "verify", str(bundle), *options, "--threads", "1", "--json"])
    try:
        said = json.loads(done.stdout)
        [variant] = said["variants"]
        engine = variant["pictures"]["engine"]
        trial.verified = Verified(
            ok=done.returncode == 0 and said["ok"],
            pictures=engine["finite"],
            agreement=engine["top1_agreement"],
            error=engine["relative_error"]["largest"],
        )
    except (ValueError, LookupError, TypeError):
        trial.failures["verify"] = _short(done.stderr or done.stdout)


def _error(found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> float:
    if found.shape != expected.shape or not np.isfinite(found).all():
        return float("inf")
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-30))


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """A command that takes too long has failed, as one that was killed."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -9, "", f"no end within {_SECONDS:.0f} s")


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:400]
