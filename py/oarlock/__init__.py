"""Oarlock's runtime: image classifiers from bundles, run by Paddle Lite.

    with oarlock.Classifier.open("efficientnet-lite0.oar") as classifier:
        [best] = classifier.classify(["chelsea.png"], top=3)
        for prediction in best:
            print(prediction.label, prediction.score)

Names are imported when they are first used, so that ``import oarlock`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oarlock.bundle import Bundle
    from oarlock.classifier import Classifier, Prediction
    from oarlock.errors import OarlockError
    from oarlock.frames import Frame
    from oarlock.isolated import IsolatedSession
    from oarlock.preprocess import IMAGENET, Preprocessor, PreprocessSpec
    from oarlock.session import Session, TensorSpec

    __version__: str

__all__ = [
    "IMAGENET",
    "Bundle",
    "Classifier",
    "Frame",
    "IsolatedSession",
    "OarlockError",
    "Prediction",
    "PreprocessSpec",
    "Preprocessor",
    "Session",
    "TensorSpec",
    "__version__",
]

_HOMES = {
    "Bundle": "bundle",
    "Classifier": "classifier",
    "Frame": "frames",
    "IMAGENET": "preprocess",
    "IsolatedSession": "isolated",
    "OarlockError": "errors",
    "Prediction": "classifier",
    "PreprocessSpec": "preprocess",
    "Preprocessor": "preprocess",
    "Session": "session",
    "TensorSpec": "session",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("oarlock")
    elif name in _HOMES:
        value = getattr(importlib.import_module(f"oarlock.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'oarlock' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
