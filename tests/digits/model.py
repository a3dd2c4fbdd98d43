"""A small dual path network that knows the digits: trained once, and kept while what it depends on stays the same."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oarlock._files import lock, replace_directory, temporary_sibling
from oarlock.preprocess import PreprocessSpec, ResizeExact
from oarlock_opt.train import DataSet, Recipe, export, train
from oarlock_opt.zoo.dpn_spec import DPNSpec
from tests.digits.judging import accuracy, first_places
from tests.digits.pictures import LABELS, make_digits

# Three stages, which see 8x8, 4x4 and 2x2 positions of a picture of 32x32.
NETWORK = DPNSpec(
    stem_channels=16,
    stem_kernel=3,
    bottleneck=16,
    groups=4,
    blocks=(1, 2, 1),
    residual=(16, 32, 64),
    growth=(8, 8, 8),
)
PREPROCESS = PreprocessSpec(resize=ResizeExact(32, 32, "bilinear"), center_crop=None)
RECIPE = Recipe(epochs=8, batch=32, warm_up_epochs=1)

_CODE = (
    "opt/oarlock_opt/train/*.py",
    "opt/oarlock_opt/zoo/dpn*.py",
    "opt/oarlock_opt/zoo/_inference_model.py",
    "tests/digits/*.py",
)
_DISTRIBUTIONS = ("paddlepaddle", "scikit-learn", "numpy", "pillow")


@dataclass(frozen=True)
class DigitsDPN:
    """The trained network and its data. Nothing in these folders may be written to.

    ``source`` is the folder of the legacy inference model, ``pir`` that of the PIR program; both have preprocess.json
    and labels.txt. The lists have a line "PATH CLASS" for each picture, paths from ``root``, the folder that they lie
    in; ``root / "train"`` and ``root / "test"`` hold the pictures in a folder for each class. ``accuracy`` is the part
    of the 500 test pictures, 0 to 1, whose first place is right, by PaddlePaddle's own inference.
    """

    source: Path
    pir: Path
    train_list: Path
    test_list: Path
    root: Path
    accuracy: float


def trained_digits(folder: Path) -> DigitsDPN:
    """The network from ``folder``, trained there first where that was not yet done with this code and PaddlePaddle.

    Several processes may ask at once; one trains, the others wait for it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    home = folder / _key()
    with lock(folder / f"{home.name}.lock"):
        if not home.exists():
            with temporary_sibling(home) as work:
                _make(work / "digits")
                replace_directory(work / "digits", home)
    root = home / "data"
    facts: Mapping[str, float] = json.loads((home / "facts.json").read_text(encoding="utf-8"))
    return DigitsDPN(
        home / "legacy", home / "pir", root / "train_list.txt", root / "test_list.txt", root, facts["accuracy"]
    )


def _make(home: Path) -> None:
    home.mkdir()
    digits = make_digits(home / "data")
    data = DataSet(digits.root, digits.train_list, digits.test_list, LABELS)
    train(NETWORK, data, PREPROCESS, home / "trained", RECIPE)
    export(home / "trained", home / "legacy")
    export(home / "trained", home / "pir", "pir")
    right = accuracy(first_places(home / "legacy", digits, PREPROCESS), digits)
    (home / "facts.json").write_text(json.dumps({"accuracy": right}), encoding="utf-8")


def _key() -> str:
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _CODE for path in root.glob(pattern)):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    for name in _DISTRIBUTIONS:
        digest.update(f"{name} {importlib.metadata.version(name)}\0".encode())
    return digest.hexdigest()[:16]
