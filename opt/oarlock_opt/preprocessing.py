"""Where a model's preprocessing and labels come from, the first that there is.

Preprocessing: --preprocess, preprocess.json beside the model, inference.yml beside it, ImageNet evaluation.
Labels: --labels, labels.txt beside the model, inference.yml, ImageNet's for 1000 classes, none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from oarlock._fit import check_fit
from oarlock._preprocess_spec import IMAGENET, PreprocessSpec
from oarlock._specs import TensorSpec
from oarlock_opt.errors import LabelsError
from oarlock_opt.interface import Interface
from oarlock_opt.labels import check_labels, read_labels

if TYPE_CHECKING:
    from oarlock_opt.paddleclas import PaddleClasConfig

__all__ = ["Interpretation", "interpret"]

_CHANNELS = 3
_IMAGENET_CLASSES = 1000


@dataclass(frozen=True)
class Interpretation:
    """What a model's input and output mean.

    ``preprocess`` is None when the model takes no pictures, ``labels`` None when there are none. ``meanings`` has an
    entry for each output: "logits", "probabilities" or "tensor". ``remarks`` are sentences for the user on what was
    chosen and what was left behind.
    """

    preprocess: PreprocessSpec | None
    labels: tuple[str, ...] | None
    meanings: tuple[str, ...]
    remarks: tuple[str, ...]


def interpret(interface: Interface, folder: Path, *, preprocess: str | None, labels: str | None) -> Interpretation:
    """Choose the preprocessing and labels of the model in ``folder``.

    ``preprocess`` is a path of a .json or .yml file, "imagenet", "none" or None (choose); ``labels`` a path, "none" or
    None (choose).

    Raises PreprocessingError, LabelsError and OSError: nothing that a file says is dropped in silence.
    """
    return _Interpreter(interface, folder).run(preprocess, labels)


class _Interpreter:
    def __init__(self, interface: Interface, folder: Path) -> None:
        self._interface = interface
        self._folder = folder
        self._classifier = _classifier_output(interface) is not None
        self._remarks: list[str] = []

    def run(self, preprocess: str | None, labels: str | None) -> Interpretation:
        spec = self._preprocess(preprocess)
        names = self._labels(labels, pictures=spec is not None)
        meanings = tuple(
            self._meaning(output, probabilities)
            for output, probabilities in zip(self._interface.outputs, self._interface.probabilities, strict=True)
        )
        return Interpretation(spec, None if names is None else tuple(names), meanings, tuple(self._remarks))

    def _meaning(self, output: TensorSpec, probabilities: bool) -> str:
        if not self._classifier or len(output.shape) != 2:
            return "tensor"
        return "probabilities" if probabilities else "logits"

    def _preprocess(self, option: str | None) -> PreprocessSpec | None:
        spec, origin = self._chosen_preprocess(option)
        if spec is not None:
            check_fit(
                spec, origin, self._interface.inputs, "give the right one with --preprocess FILE, or --preprocess none"
            )
        return spec

    def _chosen_preprocess(self, option: str | None) -> tuple[PreprocessSpec | None, str]:
        if option == "none":
            return None, ""
        if option == "imagenet":
            return IMAGENET, "--preprocess imagenet"
        if option is not None:
            return _read_preprocess(Path(option)), option
        beside = self._folder / "preprocess.json"
        if beside.is_file():
            return _read_preprocess(beside), str(beside)
        if (config := self._config()) is not None:
            self._remarks.append(f"preprocessing is taken from {config.path}.")
            return config.preprocess(), str(config.path)
        if self._classifier and _picture_layout(self._interface) == "NCHW":
            self._remarks.append(
                "the model says nothing of its preprocessing; PaddleClas' evaluation on ImageNet is assumed (short "
                "side 256, centre crop 224). Other preprocessing is given with --preprocess FILE or --preprocess none."
            )
            return IMAGENET, "the preprocessing that is assumed, ImageNet evaluation"
        self._remarks.append(
            "the model takes no pictures that are to be classified, so the bundle has no preprocessing. Where it does, "
            "give the preprocessing with --preprocess FILE."
        )
        return None, ""

    def _labels(self, option: str | None, *, pictures: bool) -> list[str] | None:
        if option == "none":
            return None
        output = _classifier_output(self._interface)
        labels, origin = self._chosen_labels(option, output if pictures else None)
        if labels is not None:
            if output is None:
                shapes = ", ".join(f"{each.name} {list(each.shape)}" for each in self._interface.outputs)
                raise LabelsError(
                    f"{origin}: labels are for an output of shape [batch, classes], but the model gives {shapes}; "
                    "leave them out with --labels none"
                )
            check_labels(labels, output.shape[1], origin, output.name)
        return labels

    def _chosen_labels(self, option: str | None, output: TensorSpec | None) -> tuple[list[str] | None, str]:
        if option is not None:
            return read_labels(Path(option)), option
        beside = self._folder / "labels.txt"
        if beside.is_file():
            return read_labels(beside), str(beside)
        if (config := self._config()) is not None:
            labels, remarks = config.labels()
            self._remarks += remarks
            if labels is not None:
                return labels, str(config.path)
        if output is not None and output.shape[1] == _IMAGENET_CLASSES:
            from oarlock_opt.zoo._labels import imagenet

            self._remarks.append(
                "the model has 1000 classes and no labels; ImageNet's are assumed. Others are given with --labels FILE "
                "or --labels none."
            )
            return imagenet(), "ImageNet's labels"
        return None, ""

    def _config(self) -> PaddleClasConfig | None:
        path = self._folder / "inference.yml"
        if not path.is_file():
            return None
        from oarlock_opt.paddleclas import PaddleClasConfig

        return PaddleClasConfig.read(path)


def _read_preprocess(path: Path) -> PreprocessSpec:
    if path.suffix not in (".yml", ".yaml"):
        return PreprocessSpec.read(path)
    from oarlock_opt.paddleclas import PaddleClasConfig

    return PaddleClasConfig.read(path).preprocess()


def _classifier_output(interface: Interface) -> TensorSpec | None:
    """The first output of shape (batch, classes), if the model takes one picture and gives such an output."""
    if _picture_layout(interface) is None:
        return None
    return next((it for it in interface.outputs if len(it.shape) == 2 and it.dtype == "float32"), None)


def _picture_layout(interface: Interface) -> str | None:
    """The layout, NCHW or NHWC, when the only input is a batch of three-channel pictures, else None."""
    if len(interface.inputs) != 1 or interface.inputs[0].dtype != "float32" or len(interface.inputs[0].shape) != 4:
        return None
    shape = interface.inputs[0].shape
    if shape[1] == _CHANNELS:
        return "NCHW"
    return "NHWC" if shape[3] == _CHANNELS else None
