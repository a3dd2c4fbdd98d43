"""inference.yml, in which PaddleClas writes down the preprocessing and labels of an exported model.

What Oarlock cannot express is refused with a sentence; nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from oarlock._documents import read_text
from oarlock._preprocess_spec import PreprocessSpec, Resize, ResizeExact, ResizeShort
from oarlock.errors import InvalidArgumentError
from oarlock_opt._arithmetic import evaluate
from oarlock_opt.errors import LabelsError, PreprocessingError
from oarlock_opt.labels import parse_numbered

__all__ = ["PaddleClasConfig"]

_ADVICE = "describe the preprocessing in a JSON file and give it with --preprocess FILE"


@dataclass(frozen=True)
class PaddleClasConfig:
    """A parsed inference.yml."""

    path: Path
    content: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> PaddleClasConfig:
        """Parse the file. Raises PreprocessingError and OSError."""
        try:
            content = yaml.safe_load(read_text(path, PreprocessingError))
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            mark = getattr(error, "problem_mark", None)
            where = f" at line {mark.line + 1}" if mark else ""
            raise PreprocessingError(f"{path}: not YAML{where}; expected an inference.yml of PaddleClas") from None
        if not isinstance(content, dict):
            raise PreprocessingError(f"{path}: expected an inference.yml of PaddleClas with a section PreProcess")
        return cls(path, content)

    def preprocess(self) -> PreprocessSpec:
        """The section PreProcess. Raises PreprocessingError naming the operator that is wrong or has no counterpart."""
        section = self.content.get("PreProcess")
        operators = section.get("transform_ops") if isinstance(section, dict) else None
        if not isinstance(operators, list):
            raise PreprocessingError(f"{self.path}: PreProcess.transform_ops is missing, expected a list of operators")
        return _Transforms(self.path).spec(operators)

    def labels(self) -> tuple[list[str] | None, list[str]]:
        """The labels in the section PostProcess, if there are any, and remarks on what else it holds.

        Raises LabelsError and OSError.
        """
        section = self.content.get("PostProcess") or {}
        if not isinstance(section, dict):
            raise LabelsError(f"{self.path}: PostProcess is {section!r}, expected a section")
        labels: list[str] | None = None
        remarks = []
        for name, fields in section.items():
            fields = fields if isinstance(fields, dict) else {}
            found = self._labels_of(str(name), fields) if name in ("Topk", "ThreshOutput") else None
            labels = found if labels is None else labels
            if "threshold" in fields:
                remarks.append(
                    f"{self.path}: PostProcess.{name}.threshold ({fields['threshold']}) is not carried over; a bundle "
                    "answers with the scores themselves."
                )
            elif name not in ("Topk", "SavePreLabel", "main_indicator"):
                remarks.append(f"{self.path}: PostProcess.{name} is not carried over.")
        return labels, remarks

    def _labels_of(self, section: str, fields: Mapping[str, Any]) -> list[str] | None:
        where = f"{self.path}: PostProcess.{section}"
        if fields.get("label_list"):
            labels = fields["label_list"]
            if not isinstance(labels, list) or not all(isinstance(label, str | int | float) for label in labels):
                raise LabelsError(f"{where}.label_list is not a list of names")
            return [str(label) for label in labels]
        if fields.get("class_id_map_file"):
            named = Path(str(fields["class_id_map_file"]))
            path = self.path.parent / named
            if not path.is_file():
                raise LabelsError(
                    f"{where}.class_id_map_file is {named}, and there is no such file beside {self.path.name}; "
                    "give the labels with --labels FILE, or --labels none"
                )
            return parse_numbered(path, str(fields.get("delimiter") or " "))
        if "label_0" in fields and "label_1" in fields:
            return [str(fields["label_0"]), str(fields["label_1"])]
        return None


class _Transforms:
    """Translates the list of operators. PaddleClas runs them in order; only one order has a counterpart."""

    _ORDER = ("DecodeImage", "ResizeImage", "CropImage", "NormalizeImage", "ToCHWImage")

    def __init__(self, path: Path) -> None:
        self._path = path

    def spec(self, operators: list[Any]) -> PreprocessSpec:
        fields = self._by_name(operators)
        if "NormalizeImage" not in fields:
            self._fail("transform_ops", "has no NormalizeImage")
        names = list(fields)
        channels_first = "ToCHWImage" in names and names.index("ToCHWImage") < names.index("NormalizeImage")
        try:
            return PreprocessSpec(
                color=self._color(fields.get("DecodeImage", {})),
                exif_orientation=True,
                crop_fraction=None,
                resize=self._resize(fields["ResizeImage"]) if "ResizeImage" in fields else None,
                center_crop=self._crop(fields["CropImage"]) if "CropImage" in fields else None,
                layout="NCHW" if "ToCHWImage" in fields else "NHWC",
                **self._normalize(fields["NormalizeImage"], channels_first),
            )
        except InvalidArgumentError as error:
            raise PreprocessingError(f"{self._path}: PreProcess.transform_ops: {error.message}") from None

    def _by_name(self, operators: list[Any]) -> dict[str, Mapping[str, Any]]:
        fields: dict[str, Mapping[str, Any]] = {}
        for operator in operators:
            if not isinstance(operator, dict) or len(operator) != 1:
                self._fail("transform_ops", f"holds {operator!r}, which is no operator with its fields")
            name, value = next(iter(operator.items()))
            if name not in self._ORDER:
                self._fail(str(name), f"has no counterpart in Oarlock, which knows {', '.join(self._ORDER)}")
            if name in fields:
                self._fail(name, "occurs twice")
            if not isinstance(value or {}, dict):
                self._fail(name, f"has {value!r} for its fields")
            fields[name] = value or {}
        ranks = [min(self._ORDER.index(name), self._ORDER.index("NormalizeImage")) for name in fields]
        if ranks != sorted(ranks):
            self._fail("transform_ops", f"has the order {', '.join(fields)}, expected {', '.join(self._ORDER)}")
        return fields

    def _color(self, fields: Mapping[str, Any]) -> Any:
        self._only("DecodeImage", fields, "to_rgb", "to_np", "channel_first", "backend")
        if fields.get("channel_first"):
            self._fail("DecodeImage", "has channel_first, which the operators after it do not take")
        return "RGB" if fields.get("to_rgb", True) else "BGR"

    def _resize(self, fields: Mapping[str, Any]) -> Resize:
        self._only("ResizeImage", fields, "size", "resize_short", "interpolation", "backend", "return_numpy")
        backend = str(fields.get("backend") or "cv2").lower()
        if backend != "cv2":
            self._fail(
                "ResizeImage",
                f"has the backend {backend}, which smooths when it shrinks and which the core does not have; OpenCV's "
                "(cv2) gives other pixels, so compare the accuracy before you replace it",
            )
        interpolation: Any = str(fields.get("interpolation") or "bilinear").lower()
        if interpolation not in ("bilinear", "bicubic", "nearest"):
            self._fail("ResizeImage", f"has the interpolation {interpolation}, expected bilinear, bicubic or nearest")
        short = fields.get("resize_short")
        if isinstance(short, int) and short > 0:
            return ResizeShort(short, interpolation)
        width, height = self._sides("ResizeImage", fields.get("size"))
        return ResizeExact(width, height, interpolation)

    def _crop(self, fields: Mapping[str, Any]) -> tuple[int, int]:
        self._only("CropImage", fields, "size")
        return self._sides("CropImage", fields.get("size"))

    def _sides(self, operator: str, size: Any) -> tuple[int, int]:
        """Width and height, the order that PaddleClas' evaluation takes them in."""
        if isinstance(size, int):
            return size, size
        if isinstance(size, list) and len(size) == 2:
            return size[0], size[1]
        return self._fail(operator, f"has the size {size!r}, expected a number of pixels or [width, height]")

    def _normalize(self, fields: Mapping[str, Any], channels_first: bool) -> dict[str, Any]:
        self._only("NormalizeImage", fields, "scale", "mean", "std", "order", "output_fp16", "channel_num")
        if fields.get("output_fp16"):
            self._fail("NormalizeImage", "has output_fp16; Oarlock's inputs are float32")
        if fields.get("channel_num", 3) != 3:
            self._fail("NormalizeImage", f"has channel_num {fields['channel_num']}, expected 3")
        if (fields.get("order", "chw") == "chw") != channels_first:
            at = "before" if channels_first else "after"
            self._fail("NormalizeImage", f"has the order {fields.get('order', 'chw')!r}, but ToCHWImage comes {at} it")
        defaults = PreprocessSpec()
        return {
            "scale": self._number(fields.get("scale"), defaults.scale),
            "mean": self._channels("mean", fields.get("mean"), defaults.mean),
            "std": self._channels("std", fields.get("std"), defaults.std),
        }

    def _number(self, value: Any, default: float) -> float:
        if value is None:
            return default
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]  # PreprocessSpec checks it
        try:
            return evaluate(value)
        except ValueError as error:
            return self._fail("NormalizeImage", f"has the scale {value!r}: {error}")

    def _channels(self, name: str, value: Any, default: tuple[float, float, float]) -> Any:
        if value is None:
            return default
        if not isinstance(value, list) or len(value) != 3:
            self._fail("NormalizeImage", f"has the {name} {value!r}, expected three numbers")
        return tuple(value)

    def _only(self, operator: str, fields: Mapping[str, Any], *known: str) -> None:
        if unknown := [str(name) for name in fields if name not in known]:
            self._fail(operator, f"has the unknown field {', '.join(unknown)}, expected {', '.join(known)}")

    def _fail(self, operator: str, what: str) -> NoReturn:
        raise PreprocessingError(f"{self._path}: PreProcess.{operator} {what}; {_ADVICE}")
