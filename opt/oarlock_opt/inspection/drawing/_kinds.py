"""Kinds of operators, as drawings colour them."""

from __future__ import annotations

from enum import Enum

__all__ = ["Kind", "kind_of"]


class Kind(Enum):
    """A kind: what the legend calls it, the colour that fills a box, and that of its border."""

    CONVOLUTION = "convolution", "#cfe3f7", "#3c78b4"
    PRODUCT = "linear, product", "#ded6f2", "#6f56b5"
    NORMALISATION = "normalisation", "#e6e8eb", "#848c96"
    ACTIVATION = "activation", "#fbe3c4", "#c78a2f"
    POOLING = "pooling, reduction", "#cdebdc", "#3d9467"
    ARITHMETIC = "arithmetic", "#fdf3bd", "#ae9a1f"
    JOINT = "join, split", "#f9d6d6", "#c05555"
    SHAPE = "shape, type", "#f4f4f4", "#a3a3a3"
    OTHER = "other", "#ffffff", "#555555"

    @property
    def title(self) -> str:
        """The word in the legend."""
        return self.value[0]

    @property
    def fill(self) -> str:
        """The colour inside."""
        return self.value[1]

    @property
    def line(self) -> str:
        """The colour of the border."""
        return self.value[2]


def kind_of(op: str) -> Kind:
    """The kind of an operator by its type."""
    if op in _KINDS:
        return _KINDS[op]
    if op.startswith(("elementwise_", "fusion_elementwise_")):
        return Kind.ARITHMETIC
    return Kind.POOLING if op.startswith("reduce_") else Kind.OTHER


_MEMBERS = {
    Kind.CONVOLUTION: "conv2d depthwise_conv2d conv2d_transpose depthwise_conv2d_transpose conv3d deformable_conv",
    Kind.PRODUCT: "fc mul matmul matmul_v2 bmm mv dot addmm einsum",
    Kind.NORMALISATION: "batch_norm layer_norm group_norm instance_norm affine_channel norm p_norm l2_normalize lrn",
    Kind.ACTIVATION: "relu relu6 leaky_relu prelu elu selu celu gelu swish silu mish sigmoid tanh hard_sigmoid "
    "hard_swish softmax log_softmax softplus softsign thresholded_relu logsigmoid clip brelu stanh tanh_shrink",
    Kind.POOLING: "pool2d max_pool2d_with_index mean arg_max arg_min top_k top_k_v2",
    Kind.ARITHMETIC: "scale sum square sqrt rsqrt pow exp log abs erf floor ceil round reciprocal sign cumsum dropout",
    Kind.JOINT: "concat split stack unstack unbind slice strided_slice gather gather_nd index_select set_value where "
    "roll flip shuffle_channel channel_shuffle pixel_shuffle pixel_unshuffle",
    Kind.SHAPE: "reshape reshape2 transpose transpose2 flatten flatten2 flatten_contiguous_range squeeze squeeze2 "
    "unsqueeze unsqueeze2 expand_v2 tile shape cast assign fill_constant pad2d pad3d calib calib_once io_copy "
    "io_copy_once layout layout_once bilinear_interp bilinear_interp_v2 nearest_interp nearest_interp_v2 "
    "bicubic_interp_v2",
}
_KINDS = {op: kind for kind, ops in _MEMBERS.items() for op in ops.split()}
