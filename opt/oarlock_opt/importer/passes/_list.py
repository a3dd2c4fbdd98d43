"""The passes, in the order in which they run: later ones rely on what earlier ones leave."""

from __future__ import annotations

from oarlock_opt.importer.passes._activations import (
    decompose_activations,
    decompose_gelu_tanh,
    decompose_powers,
    rename_silu,
)
from oarlock_opt.importer.passes._attributes import restore_attributes, type_attributes
from oarlock_opt.importer.passes._biases import align_channel_parameters
from oarlock_opt.importer.passes._einsum import expand_einsum
from oarlock_opt.importer.passes._floats import use_float32
from oarlock_opt.importer.passes._folding import fold_constants
from oarlock_opt.importer.passes._functions import write_out_functions
from oarlock_opt.importer.passes._identities import remove_dead, remove_dropout, remove_identities
from oarlock_opt.importer.passes._int32_shapes import narrow_shapes
from oarlock_opt.importer.passes._layouts import join_transposes, put_channels_first
from oarlock_opt.importer.passes._matmul import decompose_products, normalise_matmul
from oarlock_opt.importer.passes._norms import reshape_norms, restore_affine
from oarlock_opt.importer.passes._old_products import use_old_products
from oarlock_opt.importer.passes._outputs import restore_outputs
from oarlock_opt.importer.passes._pads import pad_planes
from oarlock_opt.importer.passes._pass import Pass
from oarlock_opt.importer.passes._pools import pool_planes
from oarlock_opt.importer.passes._reductions import decompose_norms_of_vectors, split_reductions
from oarlock_opt.importer.passes._replacements import replace_operators
from oarlock_opt.importer.passes._resampling import multiply_interpolations
from oarlock_opt.importer.passes._scales import join_scales
from oarlock_opt.importer.passes._shapes import fold_shapes
from oarlock_opt.importer.passes._slicing import decompose_slices, normalise_axes, replace_set_value, split_unbind
from oarlock_opt.importer.passes._softmax import move_softmax
from oarlock_opt.importer.passes._zero_d import lift_scalars

__all__ = ["PASSES"]

_TYPED_ATTRIBUTES = Pass(
    "typed-attributes",
    "PaddlePaddle 3 writes attributes of kinds that Paddle Lite cannot read, or does not expect there.",
    type_attributes,
)
_FOLDED_CONSTANTS = Pass(
    "folded-constants",
    "Parts of the model that depend on parameters only, such as masks, are computed once and for all.",
    fold_constants,
)
_DEAD_OPERATORS = Pass("dead-operators", "No output of the model depends on these operators.", remove_dead)

PASSES: tuple[Pass, ...] = (
    _TYPED_ATTRIBUTES,
    Pass(
        "scales",
        "Operators of a quantised model give the scale that they read, and a program must say which of both is meant.",
        join_scales,
    ),
    Pass(
        "zero-d-tensors",
        "Paddle Lite has no tensors without axes; a single element has the shape [1] there.",
        lift_scalars,
    ),
    Pass("dropout", "Dropout does nothing in inference, or scales.", remove_dropout),
    Pass(
        "folded-shapes",
        "Sizes that the model computes for reshape and others are numbers, 0 or -1 in the end, which run faster.",
        fold_shapes,
    ),
    _DEAD_OPERATORS,
    Pass(
        "int32-shapes",
        "PaddlePaddle 3 computes with sizes in int64, and Paddle Lite's sizes are int32.",
        narrow_shapes,
    ),
    Pass(
        "channel-parameters",
        "A bias that is added with axis 1 is fused into the convolution; reshaped to [1, C, 1, 1] it is not.",
        align_channel_parameters,
    ),
    _FOLDED_CONSTANTS,
    Pass(
        "float32",
        "Paddle Lite's kernels compute with float32; there are none for the other floating-point types of the model.",
        use_float32,
    ),
    Pass("set-value", "Paddle Lite cannot assign to a part of a tensor.", replace_set_value),
    Pass(
        "channels-first",
        "Paddle Lite's kernels take the channels of pictures to be the second axis whatever the model says.",
        put_channels_first,
    ),
    Pass(
        "axes-from-front",
        "Some kernels of Paddle Lite mistake axes that are counted from the back, or crash.",
        normalise_axes,
    ),
    Pass("unbind", "Paddle Lite's unbind crashes on tensors of more than four axes.", split_unbind),
    Pass(
        "slices",
        "Paddle Lite ignores negative strides, and has no right kernels for some index operators.",
        decompose_slices,
    ),
    Pass(
        "padding",
        "Paddle Lite has no pad, and its pad3d writes wrong numbers; its pad2d is right.",
        pad_planes,
    ),
    Pass("pool3d", "Paddle Lite cannot pool volumes; where windows are flat they are planes.", pool_planes),
    Pass(
        "functions",
        "Paddle Lite has no kernels for these functions, or for one processor only; they are written out.",
        write_out_functions,
    ),
    Pass(
        "replaced-operators",
        "Paddle Lite lacks these operators, or has them for one processor only; others make them up.",
        replace_operators,
    ),
    Pass(
        "interpolation",
        "Paddle Lite has no bicubic and no linear interpolation; they are products with constant matrices.",
        multiply_interpolations,
    ),
    Pass("einsum", "Paddle Lite has no einsum; it is a product of matrices between transpositions.", expand_einsum),
    Pass("products", "Paddle Lite has no bmm, mv, dot and addmm; they are products of matrices.", decompose_products),
    Pass("silu", "Paddle Lite has no silu; it is swish with beta 1.0.", rename_silu),
    Pass(
        "norms-of-vectors",
        "Paddle Lite lacks logsumexp and most norms of vectors, or computes them wrong.",
        decompose_norms_of_vectors,
    ),
    Pass(
        "pow",
        "Paddle Lite computes pow by logarithms, which is wrong for negative numbers; products and roots are right.",
        decompose_powers,
    ),
    Pass(
        "gelu-tanh",
        "Paddle Lite computes gelu exactly on x86 even where the model asks for its approximation by tanh.",
        decompose_gelu_tanh,
    ),
    Pass(
        "activations",
        "Paddle Lite lacks these functions of single elements, or has them for one processor only.",
        decompose_activations,
    ),
    Pass(
        "softmax",
        "Paddle Lite's softmax for x86 answers NaN for large numbers where its axis is not the last.",
        move_softmax,
    ),
    Pass(
        "reductions",
        "Paddle Lite computes wrong numbers, or aborts, when it reduces tensors of many axes or over distant ones.",
        split_reductions,
    ),
    Pass(
        "matmul-broadcast",
        "Paddle Lite multiplies matrices of equal batches only, and gets vectors wrong.",
        normalise_matmul,
    ),
    Pass(
        "affine-parameters",
        "Paddle Lite crashes on normalisations without a scale or a bias.",
        restore_affine,
    ),
    Pass(
        "norm-axes",
        "Paddle Lite's normalisations of channels are right for pictures only.",
        reshape_norms,
    ),
    Pass(
        "old-products",
        "Paddle Lite 2.10 and 2.11 have no matmul_v2 for x86; its forerunners mul and matmul do the same.",
        use_old_products,
        ("2.10", "2.11"),
    ),
    _FOLDED_CONSTANTS,
    Pass("joined-transposes", "Two transpositions in a row are one.", join_transposes),
    Pass(
        "identities",
        "These operators give what they get, and stand between others that the engine fuses.",
        remove_identities,
    ),
    _DEAD_OPERATORS,
    _TYPED_ATTRIBUTES,
    Pass(
        "restored-attributes",
        "PaddlePaddle 3 no longer writes attributes that have their default value, and Paddle Lite insists on some.",
        restore_attributes,
    ),
    Pass(
        "restored-outputs",
        "PaddlePaddle 3 no longer writes outputs that nobody reads, such as XShape, and Paddle Lite insists on some.",
        restore_outputs,
    ),
)
