"""Pooling, interpolation and sampling."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F  # noqa: N812

from tests.opt.importer.pir.cases._case import Input, add, picture

__all__: list[str] = []

I32 = "int32"

picture("pool2d", lambda x: F.avg_pool2d(x, 3, 2, 1))
picture("pool2d-inclusive", lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, exclusive=False))
picture("pool2d-max", lambda x: F.max_pool2d(x, 3, 2, 1))
picture("pool2d-ceil", lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True))
picture("pool2d-same", lambda x: F.max_pool2d(x, 3, 2, padding="SAME"))
picture("pool2d-adaptive", lambda x: F.adaptive_avg_pool2d(x, 1))
picture("pool2d-adaptive-three", lambda x: F.adaptive_avg_pool2d(x, [3, 2]))
picture("pool2d-adaptive-max", lambda x: F.adaptive_max_pool2d(x, 2))
picture("pool2d-1d", lambda x: F.avg_pool1d(x.flatten(2), 2, 2))
picture("pool3d", lambda x: F.avg_pool3d(x.unsqueeze(1), 2, 2))
picture("max_pool2d_with_index", lambda x: F.max_pool2d(x, 2, 2, return_mask=True))
picture("unpool", lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, 2, return_mask=True), 2, 2))
picture("lp_pool2d", lambda x: F.lp_pool2d(x, 2.0, 2, 2), low=0.1)
picture("bilinear_interp", lambda x: F.interpolate(x, size=[5, 12], mode="bilinear"))
picture("bilinear_interp-aligned", lambda x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True))
picture("bilinear_interp-mode1", lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear", align_mode=1))
picture("bilinear_interp-like", lambda x: F.interpolate(x, size=F.avg_pool2d(x, 2, 2).shape[2:], mode="bilinear"))
picture("bilinear_interp-shape", lambda x: F.interpolate(x, size=paddle.shape(x)[2:] * 2, mode="bilinear"))
picture("nearest_interp", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"))
picture("nearest_interp-sizes", lambda x: F.interpolate(x, size=[paddle.shape(x)[2] * 2, 5], mode="nearest"))
picture("nearest_interp-uneven", lambda x: F.interpolate(x, scale_factor=[1.5, 2], mode="nearest"))
picture("bicubic_interp", lambda x: F.interpolate(x, size=[5, 12], mode="bicubic"))
picture("linear_interp", lambda x: F.interpolate(x.flatten(2), size=[20], mode="linear", data_format="NCW"))
picture(
    "trilinear_interp", lambda x: F.interpolate(x.unsqueeze(1), size=[4, 4, 4], mode="trilinear", data_format="NCDHW")
)
picture("pixel_shuffle", lambda x: F.pixel_shuffle(x, 2))
picture("pixel_unshuffle", lambda x: F.pixel_unshuffle(x, 2))
picture("channel_shuffle", lambda x: F.channel_shuffle(x, 2))
picture("unfold", lambda x: F.unfold(x, 3, 2, 1))
picture("temporal_shift", lambda x: F.temporal_shift(x.tile([2, 1, 1, 1]), 2))
_GRID = Input((None, 5, 5, 2), low=-1, high=1)
add("grid_sample", lambda x, g: F.grid_sample(x, g), x=Input((None, 4, 8, 8)), g=_GRID)
add(
    "grid_sample-nearest",
    lambda x, g: F.grid_sample(x, g, mode="nearest", padding_mode="border", align_corners=False),
    x=Input((None, 4, 8, 8)),
    g=_GRID,
)
add("affine_grid", lambda t: F.affine_grid(t, [2, 3, 4, 4]), t=Input((2, 2, 3)))
add(
    "roi_align",
    lambda x: paddle.vision.ops.roi_align(x, paddle.ones([1, 4]) * 3, paddle.ones([1], I32), 2),
    x=Input((1, 4, 8, 8)),
)
