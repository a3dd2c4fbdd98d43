"""Camera frames, as NumPy arrays over the camera's own memory.

    frame = Frame.from_buffer("NV21", 1920, 1080, data, range="full", rotation=90)
    tensor = Preprocessor(spec)(frame)

The core converts, turns and mirrors only the pixels that the resize needs; the result is, to the byte, that of
converting the whole frame to RGB, turning it clockwise by ``rotation``, mirroring it and preprocessing it as a picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oarlock import _core
from oarlock.errors import BadDtypeError, BadImageError, InvalidArgumentError

__all__ = ["FORMATS", "RANGES", "Frame", "FrameFormat", "Plane", "Range", "to_core"]

FrameFormat = Literal["NV21", "NV12", "I420", "YUV_420_888", "YUYV", "RGB", "BGR", "RGBA"]
Range = Literal["full", "limited"]


class Plane(NamedTuple):
    """What a plane holds: rows of elements of ``bytes``, each element for ``columns`` x ``rows`` pixels."""

    name: str
    bytes: int
    columns: int = 1
    rows: int = 1
    strided: bool = False  # whether a byte may lie between two elements

    def shape(self, width: int, height: int) -> tuple[int, int]:
        """Rows, and bytes in each, that a frame of ``width`` x ``height`` needs."""
        return -(-height // self.rows), -(-width // self.columns) * self.bytes


_Y = Plane("Y", 1)

FORMATS: dict[str, tuple[Plane, ...]] = {
    "NV21": (_Y, Plane("VU", 2, 2, 2)),
    "NV12": (_Y, Plane("UV", 2, 2, 2)),
    "I420": (_Y, Plane("U", 1, 2, 2), Plane("V", 1, 2, 2)),
    "YUV_420_888": (_Y, Plane("U", 1, 2, 2, strided=True), Plane("V", 1, 2, 2, strided=True)),
    "YUYV": (Plane("YUYV", 4, 2),),
    "RGB": (Plane("RGB", 3),),
    "BGR": (Plane("BGR", 3),),
    "RGBA": (Plane("RGBA", 4),),
}
"""The planes of every format, in the order of oar_frame_format."""

RANGES = ("none", "full", "limited")
"""In the order of oar_yuv_range; "none" stands for None."""

_ROTATIONS = (0, 90, 180, 270)


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame in borrowed memory: the arrays are kept, and copied only where the core cannot take their strides.

    ``width`` and ``height`` are pixels as they lie in memory. ``planes`` are uint8 arrays of at least the rows and
    columns that the format needs for that size:

    - NV21 and NV12: Y (H, W), then pairs (ceil(H/2), ceil(W/2), 2), or the same bytes as (ceil(H/2), 2 * ceil(W/2));
    - I420 and YUV_420_888: Y (H, W), then U and V (ceil(H/2), ceil(W/2)). YUV_420_888 takes views with a step of 2
      (pixel stride 2) without copying them;
    - YUYV: (H, W, 2), or (H, ceil(W/2), 4), or (H, 4 * ceil(W/2));
    - RGB, BGR, RGBA: (H, W, 3) or (H, W, 4).

    ``range`` says how the camera maps light to YUV: "full" (JPEG's, most phones) or "limited" (video's, many USB
    cameras); the wrong one washes colours out or clips them, so there is no default. None for RGB, BGR and RGBA.
    ``rotation`` is the clockwise turn in degrees that makes the picture upright, ``mirror`` exchanges left and right
    after it.

    Raises BadDtypeError, BadImageError (planes that do not hold such a frame) and InvalidArgumentError.
    """

    format: FrameFormat
    width: int
    height: int
    planes: tuple[NDArray[np.uint8], ...]
    range: Range | None = None
    rotation: int = 0
    mirror: bool = False

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise InvalidArgumentError(f"format is {self.format!r}, expected one of {', '.join(FORMATS)}")
        if self.rotation not in _ROTATIONS:
            raise InvalidArgumentError(f"rotation is {self.rotation!r}, expected 0, 90, 180 or 270 degrees")
        rules = FORMATS[self.format]
        yuv = self.format not in ("RGB", "BGR", "RGBA")
        if self.range not in (RANGES[1:] if yuv else (None,)):
            expected = "'full' or 'limited'" if yuv else "None"
            raise InvalidArgumentError(f"range is {self.range!r}, expected {expected} for {self.format}")
        if len(self.planes) != len(rules):
            names = ", ".join(rule.name for rule in rules)
            raise BadImageError(f"{self.format} has {len(self.planes)} planes, expected {len(rules)}: {names}")
        planes = zip(self.planes, rules, strict=True)
        object.__setattr__(self, "planes", tuple(_cut(*plane, self.width, self.height) for plane in planes))

    @classmethod
    def from_arrays(
        cls,
        format: FrameFormat,
        *planes: NDArray[np.uint8],
        range: Range | None = None,
        rotation: int = 0,
        mirror: bool = False,
    ) -> Frame:
        """A frame as large as its first plane. Raises what Frame raises."""
        width = height = 0
        if planes and format in FORMATS:
            rule = FORMATS[format][0]
            height, row_bytes = _byte_rows(planes[0], rule).shape
            if row_bytes % rule.bytes:
                raise BadImageError(
                    f"the plane {rule.name} has shape {planes[0].shape}, expected rows of a multiple of {rule.bytes} "
                    "bytes; Frame() takes the width apart"
                )
            width = row_bytes // rule.bytes * rule.columns
        return cls(format, width, height, planes, range, rotation, mirror)

    @classmethod
    def from_buffer(
        cls,
        format: FrameFormat,
        width: int,
        height: int,
        buffer: Any,
        *,
        row_stride: int | None = None,
        range: Range | None = None,
        rotation: int = 0,
        mirror: bool = False,
    ) -> Frame:
        """A frame whose planes follow one another in one buffer: bytes, or any object with the buffer protocol.

        That is what V4L2, FFmpeg's rawvideo and OpenCV's arrays of (H * 3 / 2, W) hold. ``row_stride`` is the number of
        bytes from a row of the first plane to the next, where it is more than the pixels need; I420's chroma then has
        half of it. Raises BadImageError when the buffer is too short, and what Frame raises.
        """
        data = np.frombuffer(buffer, np.uint8)
        planes: list[NDArray[np.uint8]] = []
        start = 0
        rules = FORMATS.get(format, ())
        for rule in rules:
            rows, row_bytes = rule.shape(width, height)
            stride = row_bytes
            if row_stride is not None:
                stride = row_stride * rule.bytes * rules[0].columns // (rule.columns * rules[0].bytes)
            end = start + rows * stride
            if rows < 1 or row_bytes < 1 or stride < row_bytes or end > data.size:
                raise BadImageError(
                    f"{format} of {width} x {height} pixels in {data.size} bytes: the plane {rule.name} has {rows} "
                    f"rows of {stride} bytes up to byte {end}, expected rows of at least {row_bytes} bytes and "
                    f"{end} bytes in all"
                )
            planes.append(data[start:end].reshape(rows, stride))
            start = end
        return cls(format, width, height, tuple(planes), range, rotation, mirror)

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height in pixels once the frame is upright."""
        turned = self.rotation % 180 == 90
        return (self.height, self.width) if turned else (self.width, self.height)


def _byte_rows(plane: NDArray[np.uint8], rule: Plane) -> NDArray[np.uint8]:
    """The plane as (rows, bytes of a row)."""
    if not isinstance(plane, np.ndarray):
        raise BadImageError(f"the plane {rule.name} is a {type(plane).__name__}, expected a numpy array")
    if plane.dtype != np.uint8:
        raise BadDtypeError(f"the plane {rule.name} is {plane.dtype}, expected uint8")
    if plane.ndim == 2:
        return plane
    samples = rule.bytes if rule.rows > 1 else rule.bytes // rule.columns
    if plane.ndim == 3 and rule.bytes > 1 and plane.shape[2] in (rule.bytes, samples):
        return plane.reshape(plane.shape[0], -1)
    expected = "(rows, columns)" if rule.bytes == 1 else f"(rows, columns, {samples})"
    raise BadImageError(f"the plane {rule.name} has shape {plane.shape}, expected {expected}")


def _strides(rows: NDArray[np.uint8]) -> tuple[int, int, int]:
    """From a row to the next, from a byte to the next, and from a row's first byte to the end of its last.

    Along an axis of one NumPy may say anything.
    """
    byte_stride = rows.strides[1] if rows.shape[1] > 1 else 1
    extent = (rows.shape[1] - 1) * byte_stride + 1
    return (rows.strides[0] if rows.shape[0] > 1 else extent), byte_stride, extent


def _cut(plane: NDArray[np.uint8], rule: Plane, width: int, height: int) -> NDArray[np.uint8]:
    """What the frame needs of the plane, (rows, bytes of a row), in strides that the core takes."""
    rows = _byte_rows(plane, rule)
    needed = rule.shape(width, height)
    if rows.shape[0] < needed[0] or rows.shape[1] < needed[1]:
        raise BadImageError(
            f"the plane {rule.name} has shape {plane.shape}, expected at least {needed[0]} rows of {needed[1]} bytes "
            f"for a frame of {width} x {height} pixels"
        )
    part = rows[: max(needed[0], 0), : max(needed[1], 0)]
    row_stride, byte_stride, extent = _strides(part)
    usable = row_stride >= extent and (byte_stride == 1 or (byte_stride == 2 and rule.strided))
    return part if usable else np.ascontiguousarray(part)


def to_core(frame: Frame) -> _core.Frame:
    """The frame as the core takes it; it points into the frame's planes, which must outlive it."""
    planes = (_core.Plane * 3)()
    for plane, array, rule in zip(planes, frame.planes, FORMATS[frame.format], strict=False):
        row_stride, byte_stride, extent = _strides(array)
        plane.data = array.ctypes.data
        plane.size = (array.shape[0] - 1) * row_stride + extent
        plane.row_stride = row_stride
        plane.pixel_stride = rule.bytes * byte_stride
    return _core.Frame(
        format=list(FORMATS).index(frame.format),
        width=frame.width,
        height=frame.height,
        planes=planes,
        rotation=frame.rotation,
        mirror=frame.mirror,
        range=RANGES.index(frame.range or "none"),
    )
