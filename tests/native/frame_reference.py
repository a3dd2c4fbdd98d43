"""Camera frames in plain NumPy, by the definition in native/include/oarlock.h: whole frames to upright RGB pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def yuv_to_rgb(y: NDArray[Any], u: NDArray[Any], v: NDArray[Any], limited: bool) -> Bytes:
    """A sample of each channel for every pixel, (H, W), to (H, W, 3)."""
    y, u, v = y.astype(np.int32), u.astype(np.int32) - 128, v.astype(np.int32) - 128
    if limited:
        y = np.maximum(y - 16, 0) * 1220542
        red = (y + 1673527 * v + 524288) >> 20
        green = (y - 409993 * u - 852492 * v + 524288) >> 20
        blue = (y + 2116026 * u + 524288) >> 20
    else:
        red = y + ((91881 * v + 32768) >> 16)
        green = y + ((-22554 * u - 46802 * v + 32768) >> 16)
        blue = y + ((116130 * u + 32768) >> 16)
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255).astype(np.uint8)


def _at_pixels(samples: Bytes, width: int, height: int, rows: int = 2) -> Bytes:
    """Chroma at every pixel: a sample serves 2 columns and ``rows`` rows."""
    return samples.repeat(2, axis=1)[:, :width].repeat(rows, axis=0)[:height]


def to_rgb(format: str, planes: list[Bytes], width: int, height: int, limited: bool) -> Bytes:
    """(H, W, 3) of planes as (rows, elements of a row, bytes of an element)."""
    first = planes[0]
    if format in ("RGB", "RGBA"):
        return first[:, :, :3]
    if format == "BGR":
        return first[:, :, ::-1]
    if format == "YUYV":
        y = first[:, :, [0, 2]].reshape(height, -1)[:, :width]
        u, v = (_at_pixels(first[:, :, place], width, height, rows=1) for place in (1, 3))
    else:
        y = first[:, :, 0]
        if format == "NV21":
            v, u = (_at_pixels(planes[1][:, :, place], width, height) for place in (0, 1))
        elif format == "NV12":
            u, v = (_at_pixels(planes[1][:, :, place], width, height) for place in (0, 1))
        else:
            u, v = (_at_pixels(plane[:, :, 0], width, height) for plane in planes[1:])
    return yuv_to_rgb(y, u, v, limited)


def upright(rgb: Bytes, rotation: int, mirror: bool) -> Bytes:
    """Turned clockwise, then mirrored."""
    turned = np.rot90(rgb, -rotation // 90)
    return np.ascontiguousarray(turned[:, ::-1] if mirror else turned)
