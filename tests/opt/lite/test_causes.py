"""Paddle Lite's last words, as its versions write them, and what is made of them."""

from __future__ import annotations

import re

import pytest

from oarlock_opt.lite._causes import find_cause

_HEAD = "[F 11/24 10:46:10.113 /island/Paddle-Lite/lite/core/program.cc Build:645] "


@pytest.mark.parametrize(
    ("text", "op", "attribute", "advice"),
    [
        (f"{_HEAD}Check failed: op: no Op found for atan2", "atan2", "", "has no operator atan2"),
        (
            f"{_HEAD}Check failed: !instruct.kernels().empty(): No kernels found for erf",
            "erf",
            "",
            "cannot run the operator erf on this target",
        ),
        (
            f"{_HEAD}Check failed: it != attrs().end(): No attributes called threshold found for relu6",
            "relu6",
            "threshold",
            "relu6 lacks the attribute threshold",
        ),
        (
            f"{_HEAD}Check failed: pair.second->second == OpDataTypeTrait<T>::AT: required type is INT not match the "
            "true type",
            "",
            "",
            "not of the type INT",
        ),
        (f"{_HEAD}Check failed: it != inputs_.end(): ", "", "", "lacks an input"),
        (f"{_HEAD}Check failed: is_dispensable || is_have_input: ", "", "", "lacks an input"),
        (f"{_HEAD}Check failed: it != outputs_.end(): ", "", "", "lacks an output"),
        (f"{_HEAD}Check failed: it != attr_types_.end(): ", "", "", "lacks an attribute"),
        (
            f"{_HEAD}Check failed: is_found: Can't find a 'calib' kernel to trans: Tensor<host,bool,NCHW,0>:X_0 -> "
            "Tensor<x86,float,NCHW,0>:bilinear_interp",
            "bilinear_interp",
            "",
            "takes elements of the type float on this target, and is given bool",
        ),
        (f"{_HEAD}Can't find a IoCopy kernel for IO: Tensor<…", "", "", "those of a CPU among them"),
        (
            f"{_HEAD}Check failed: type: no type registered for kernel [assign_value] input argument [ValuesTensor] "
            "with key assign_value/def",
            "assign_value",
            "ValuesTensor",
            "does not know its slot ValuesTensor",
        ),
        (
            f"{_HEAD}Check failed: *(type_->ptype_info) == typeid(T): Error: the data type stored in 'Any' struct is "
            "different from the data type you want to obtain!",
            "",
            "",
            "lists of tensors",
        ),
        (
            "[F 11/24 10:46:10.113 /island/Paddle-Lite/lite/core/quant_dequant_op_fuser.cc InsertNewNode:786] Check "
            "failed: input_node->arg()->is_weight: ",
            "",
            "",
            "onnx_format=False",
        ),
        (
            "[F 11/24 10:46:10.113 …/affine_grid_op.cc AttachImpl:69] The input 'OutputShape' of affine_grid Op should "
            "not be null if 'output_shape' is not configured.",
            "affine_grid",
            "",
            "affine_grid lacks an input or attribute",
        ),
        (
            "[F 11/24 10:46:10.113 /island/Paddle-Lite/lite/operators/strided_slice_op.cc AttachImpl:250] Check "
            "failed: (param_.axes.size() == ends_size): 0!==2 axes.size(): 0 is not equal to ends_size: 2",
            "strided_slice",
            "",
            "does not take the operator strided_slice",
        ),
        (
            "[F 11/24 10:46:10.113 /island/Paddle-Lite/lite/operators/slice_op.cc:196 AttachImpl] Check failed: x: y",
            "slice",
            "",
            "does not take the operator slice",
        ),
        (
            f"{_HEAD}Check failed: type: no type registered for kernel [batch_norm/def] output argument [x]",
            "batch_norm",
            "x",
            "does not know its slot x",
        ),
        (f"{_HEAD}Check failed: the_moon_is_full: ", "", "", "lists the model's operators"),
        ("", "", "", "lists the model's operators"),
    ],
)
def test_cause(text: str, op: str, attribute: str, advice: str) -> None:
    cause = find_cause(f"[W 11/24 10:46:10. 99 x.cc Build:1] a warning\n{text}\nAborted\n")
    assert (cause.op, cause.attribute) == (op, attribute)
    assert advice in cause.advice
    assert re.search(r"\.$", cause.advice), "a sentence"
    assert "{" not in cause.advice


def test_the_last_words_count() -> None:
    cause = find_cause(f"{_HEAD}Check failed: op: no Op found for one\n{_HEAD}Check failed: op: no Op found for two\n")
    assert cause.op == "two"
