from __future__ import annotations

import subprocess
import sys

import pytest

from oarlock_opt import zoo
from oarlock_opt.zoo.errors import UnknownModelError
from tests.schemas import validate


def test_names() -> None:
    assert zoo.names() == [
        "DPN68",
        "DPN92",
        "DPN98",
        "DPN107",
        "DPN131",
        "EfficientNet-Lite0",
        "EfficientNet-Lite1",
        "EfficientNet-Lite2",
    ]


@pytest.mark.parametrize(
    "name", ["EfficientNet-Lite0", "efficientnet_lite0", "EFFICIENTNETLITE0", "EfficientNetLite-0"]
)
def test_case_hyphens_and_underscores_do_not_matter(name: str) -> None:
    assert zoo.get(name).name == "EfficientNet-Lite0"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("DPN86", "no model is called 'DPN86': did you mean DPN98 or DPN68 or DPN92?"),
        ("efficientnet-b0", "no model is called 'efficientnet-b0': did you mean EfficientNet-Lite0 or"),
        ("resnet50", "expected one of: DPN68, DPN92, DPN98, DPN107, DPN131, EfficientNet-Lite0, "),
        ("", "no model is called '': expected one of: DPN68"),
    ],
)
def test_unknown_names(name: str, message: str) -> None:
    with pytest.raises(UnknownModelError, match=message.replace("?", r"\?")):
        zoo.get(name)


def test_entries_obey_the_schema() -> None:
    entries = [zoo.get(name) for name in zoo.names()]
    validate([entry.to_json() for entry in entries], "models")
    assert [entry.top1 for entry in entries] == [0.7678, 0.7985, 0.8059, 0.8089, 0.8070, 0.751, 0.767, 0.776]
    assert [entry.top5 for entry in entries] == [0.9343, 0.9480, 0.9510, 0.9532, 0.9514, None, None, None]
    assert [entry.input_shape for entry in entries] == [(-1, 3, side, side) for side in [224] * 6 + [240, 260]]


def test_preprocessing_of_dpn() -> None:
    dpn = zoo.get("DPN131").to_json()["preprocess"]
    assert dpn["resize"] == {"short": 256, "interpolation": "bilinear"}
    assert dpn["center_crop"] == {"width": 224, "height": 224}
    assert (dpn["mean"], dpn["std"]) == ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


@pytest.mark.parametrize(
    ("name", "side"), [("EfficientNet-Lite0", 224), ("EfficientNet-Lite1", 240), ("EfficientNet-Lite2", 260)]
)
def test_preprocessing_of_efficientnet_lite(name: str, side: int) -> None:
    lite = zoo.get(name).to_json()["preprocess"]
    assert lite["crop_fraction"] == side / (side + 32)
    assert lite["resize"] == {"width": side, "height": side, "interpolation": "bicubic"}
    assert (lite["center_crop"], lite["scale"], lite["color"]) == (None, 1.0, "RGB")
    assert (lite["mean"], lite["std"]) == ([127.0] * 3, [128.0] * 3)


def test_listing_imports_no_paddlepaddle() -> None:
    code = (
        "import sys; from oarlock_opt import zoo; [zoo.get(name).to_json() for name in zoo.names()]; "
        "zoo.get('DPN68').labels(); assert 'paddle' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
