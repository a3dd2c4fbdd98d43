"""What Paddle Lite's last words mean: the likely cause, what it is about, and what to try.

The texts are those of versions 2.10 to 2.14rc0, collected by giving their optimisers every operator without each of its
inputs, outputs and attributes, with attributes of other types, and with tensors of other shapes and types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Cause", "find_cause"]


@dataclass(frozen=True)
class Cause:
    """``op`` is the operator that the text names, ``attribute`` an attribute or slot of it; "" where it names none."""

    advice: str
    op: str = ""
    attribute: str = ""


_OTHER_OPERATORS = "build that layer from other operators and export the model again."

# A pattern may have groups "op" and "attribute", and others that the advice mentions.
_CAUSES: tuple[tuple[str, str], ...] = (
    (
        r"no Op found for (?P<op>\S+)",
        f"It has no operator {{op}}: {_OTHER_OPERATORS}",
    ),
    (
        r"No kernels found for (?P<op>\S+)",
        f"It cannot run the operator {{op}} on this target: leave the target out of --target, or {_OTHER_OPERATORS}",
    ),
    (
        r"No attributes called (?P<attribute>\w+) found for (?P<op>\w+)",
        "The operator {op} lacks the attribute {attribute}, which the PaddlePaddle that exported the model did not "
        "write and no repair of this version puts back. Export with another version of PaddlePaddle, or "
        f"{_OTHER_OPERATORS}",
    ),
    (
        r"required type is (?P<found>\w+) not match the true type",
        "An attribute of an operator is not of the type {found}, which Paddle Lite reads there. Export the model again "
        "with a released version of PaddlePaddle.",
    ),
    (
        r"it != attr_types_\.end\(\)",
        "An operator lacks an attribute. Export the model again with another version of PaddlePaddle.",
    ),
    (
        r"it != inputs_\.end\(\)|is_dispensable \|\| is_have_input",
        f"An operator lacks an input that Paddle Lite insists on, though PaddlePaddle does not: {_OTHER_OPERATORS}",
    ),
    (
        r"it != outputs_\.end\(\)|is_dispensable \|\| is_have_output",
        f"An operator lacks an output that Paddle Lite insists on, though PaddlePaddle does not: {_OTHER_OPERATORS}",
    ),
    (
        r"Can't find a 'calib' kernel to trans: Tensor<\w+,(?P<found>\w+),\S+?>:\S+ -> "
        r"Tensor<\w+,(?P<wanted>\w+),\S+?>:(?P<op>\w+)",
        "The operator {op} takes elements of the type {wanted} on this target, and is given {found}, which cannot be "
        "converted: cast them in the model, and export it again.",
    ),
    (
        r"Can't find a (?:IoCopy|io_copy|layout) +kernel",
        "What one operator gives cannot be brought to where the next one runs: name more places, those of a CPU among "
        "them.",
    ),
    (
        r"no type registered for kernel \[(?P<op>\w+)[^]]*\] (?:input|output) argument \[(?P<attribute>[^]]*)\]",
        f"Paddle Lite's kernel of the operator {{op}} does not know its slot {{attribute}}: {_OTHER_OPERATORS}",
    ),
    (
        r"the data type stored in 'Any' struct is different",
        "A variable is no tensor, or not always: lists of tensors and loops over them cannot be converted. Unroll them "
        "before the model is exported.",
    ),
    (
        r"quant_dequant_op_fuser|quant_dequant_fuse",
        "The model is quantised in a way that Paddle Lite does not read. Quantise it with PaddlePaddle's "
        "PostTrainingQuantization and onnx_format=False, or give the model as it was before.",
    ),
    (
        r"of (?P<op>\w+) Op should not be null",
        f"The operator {{op}} lacks an input or attribute: {_OTHER_OPERATORS}",
    ),
    (
        r"(?P<op>\w+?)_op\.cc(?::\d+)? (?:AttachImpl|CheckShape|InferShape\w*)(?::\d+)?\]",
        f"Paddle Lite does not take the operator {{op}} with these attributes and shapes: {_OTHER_OPERATORS}",
    ),
)
_PATTERNS = tuple((re.compile(pattern), advice) for pattern, advice in _CAUSES)

_OTHERWISE = Cause("`oarlock inspect SOURCE` lists the model's operators; the text names what it stumbled over.")


def find_cause(output: str) -> Cause:
    """What the output of an optimiser that gave up tells."""
    last = output[output.rfind("\n[F ") + 1 :] if "\n[F " in output else output
    for pattern, advice in _PATTERNS:
        if match := pattern.search(last):
            found = {name: text or "" for name, text in match.groupdict().items()}
            return Cause(advice.format(**found), found.get("op", ""), found.get("attribute", ""))
    return _OTHERWISE
