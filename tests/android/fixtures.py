"""What the JVM tests compare with: pixels as they lie in a camera's memory, and what Python answers, to the bit.

    python -m tests.android.fixtures BUNDLE ENGINE OUT

writes OUT/fixtures.json and the files it names, for Fixtures.kt in android_demo/app/src/hostTest.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from oarlock import Classifier, Frame
from oarlock.errors import OarlockError

PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "cell.png",
    "chelsea.png",
    "coffee.png",
    "grass.png",
    "gravel.png",
    "motorcycle_left.png",
    "rocket.jpg",
)
TOP = 5


@dataclass(frozen=True)
class Plane:
    """A plane of a frame: ``rows`` views ``memory``, which ends with the last pixel, as Android's do."""

    memory: NDArray[np.uint8]
    rows: NDArray[np.uint8]
    row_stride: int
    pixel_stride: int


def plane(values: NDArray[np.uint8], *, padding: int, pixel_stride: int = 1) -> Plane:
    """``values`` (rows, columns) laid out with ``padding`` bytes after every row but the last; gaps hold noise."""
    height, width = values.shape
    used = (width - 1) * pixel_stride + 1
    row_stride = used + padding
    memory = np.random.default_rng(0).integers(0, 256, height * row_stride, np.uint8)
    rows = memory.reshape(height, row_stride)[:, :used:pixel_stride]
    rows[:] = values
    return Plane(memory[: (height - 1) * row_stride + used], rows, row_stride, pixel_stride)


def rgba(picture: Image.Image, padding: int) -> Plane:
    """The picture as a Bitmap gives it."""
    pixels = np.asarray(picture.convert("RGBA"))
    height, width = pixels.shape[:2]
    memory = np.zeros((height, width * 4 + padding), np.uint8)
    memory[:, : width * 4] = pixels.reshape(height, -1)
    return Plane(memory.reshape(-1), memory[:, : width * 4], width * 4 + padding, 4)


def yuv(picture: Image.Image, *, paddings: tuple[int, int, int], chroma_stride: int) -> list[Plane]:
    """The picture in YUV_420_888: Y, U and V."""
    values = np.asarray(picture.convert("RGB").convert("YCbCr"))
    luma, chroma = values[..., 0], values[::2, ::2]
    return [
        plane(luma, padding=paddings[0]),
        plane(chroma[..., 1], padding=paddings[1], pixel_stride=chroma_stride),
        plane(chroma[..., 2], padding=paddings[2], pixel_stride=chroma_stride),
    ]


def cases(photographs: Path) -> Iterator[tuple[str, list[Plane], Frame]]:
    """Ten photographs as bitmaps; then one of odd size as frames: strides, all rotations, mirrored, both ranges."""
    for name in PHOTOGRAPHS:
        with Image.open(photographs / name) as picture:
            laid = rgba(picture, padding=0 if name < "c" else 12)
            yield name, [laid], _frame("RGBA", picture.size, [laid])
    with Image.open(photographs / "chelsea.png") as picture:
        odd = picture.crop((0, 0, 449, 299))
        for rotation in (0, 90, 180, 270):
            for mirror in (False, True):
                for chroma_stride, paddings in ((1, (0, 0, 0)), (2, (31, 5, 9)), (1, (7, 3, 0))):
                    planes = yuv(odd, paddings=paddings, chroma_stride=chroma_stride)
                    kind = "limited" if mirror and chroma_stride == 1 else "full"
                    way = f"{rotation}{' mirrored' if mirror else ''}"
                    name = f"yuv {way}, strides {planes[0].row_stride} {planes[1].row_stride} {chroma_stride}"
                    yield name, planes, _frame("YUV_420_888", odd.size, planes, kind, rotation, mirror)


def write(bundle: Path, engine: Path, photographs: Path, out: Path) -> None:
    """Everything, with the Python runtime's answers."""
    out.mkdir(parents=True, exist_ok=True)
    root: dict[str, Any] = {"bundle": str(bundle.resolve()), "engine": str(engine.resolve()), "cases": []}
    with Classifier.open(bundle, engine=engine) as classifier:
        assert classifier.bundle is not None
        root["variant"] = classifier.variant_id
        with classifier.bundle.open_session(classifier.variant_id, engine=engine) as session:
            for number, (name, planes, frame) in enumerate(cases(photographs)):
                best = classifier.classify(frame, top=TOP)[0]
                tensor = classifier.prepare(frame)[None]
                (logits,) = session.run({session.inputs[0].name: tensor}).values()
                (out / f"{number}-logits.bin").write_bytes(logits.astype("<f4").tobytes())
                described = []
                for index, it in enumerate(planes):
                    it.memory.tofile(out / f"{number}-{index}.bin")
                    strides = {"row_stride": it.row_stride, "pixel_stride": it.pixel_stride}
                    described.append({"file": f"{number}-{index}.bin", **strides})
                root["cases"].append(
                    {
                        "name": name,
                        "format": frame.format,
                        "width": frame.width,
                        "height": frame.height,
                        "rotation": frame.rotation,
                        "mirror": frame.mirror,
                        "range": frame.range and frame.range.upper(),
                        "planes": described,
                        "ids": [it.class_id for it in best],
                        "labels": [it.label for it in best],
                        "score_bits": np.array([it.score for it in best], np.float32).view(np.int32).tolist(),
                        "logits": f"{number}-logits.bin",
                    }
                )
    root |= _corrupted(bundle, root["variant"], engine, out / "corrupt.oar")
    (out / "fixtures.json").write_text(json.dumps(root, ensure_ascii=False), encoding="utf-8")


def _frame(
    kind: Any, size: tuple[int, int], planes: list[Plane], range: Any = None, rotation: int = 0, mirror: bool = False
) -> Frame:
    return Frame(kind, *size, tuple(it.rows for it in planes), range, rotation, mirror)


def _corrupted(bundle: Path, variant: str, engine: Path, out: Path) -> dict[str, str]:
    """A copy of the bundle with one bit of the model's weights turned over, and the error that Python raises for it."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(bundle, out)
    entries = json.loads((out / "bundle.json").read_text())["variants"]
    model = out / next(it["file"] for it in entries if it["id"] == variant)
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    try:
        Classifier.open(out, engine=engine).close()
    except OarlockError as error:
        return {"corrupt": str(out), "corrupt_code": error.code, "corrupt_message": str(error)}
    raise AssertionError(f"{out} was opened")


if __name__ == "__main__":
    import skimage

    write(Path(sys.argv[1]), Path(sys.argv[2]), Path(skimage.__file__).parent / "data", Path(sys.argv[3]))
