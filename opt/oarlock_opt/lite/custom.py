"""--places: variants for whatever Paddle Lite knows, by its own names; for accelerators that nobody tried with Oarlock.

    --places rockchip_npu,arm                               words of Paddle Lite's own optimiser (--valid_targets)
    --places gpu=Metal/FP16/MetalTexture2DArray,arm         and single places, TARGET/PRECISION/LAYOUT

The order is the order of preference. The variant is called custom-NAME; without NAME=, which only words allow, it is
the words with "_" between them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from oarlock_opt.errors import TargetError
from oarlock_opt.lite.places import LAYOUTS, PRECISIONS, TARGETS, Place
from oarlock_opt.lite.targets import CUSTOM, Recipe, Variant

__all__ = ["WORDS", "parse"]

_NAME = re.compile(r"[a-z0-9_]+")

_ARM = ("ARM/Float/NCHW", "ARM/Int32/NCHW", "ARM/Int64/NCHW", "ARM/Any/NCHW")
_X86 = ("X86/Float/NCHW", "X86/Int64/NCHW", "X86/Any/NCHW")
_METAL = ("Metal/Float/MetalTexture2DArray", "Metal/FP16/MetalTexture2DArray")
_OPENCL_IMAGES = ("OpenCL/FP16/ImageDefault", "OpenCL/FP16/ImageFolder")
_OPENCL_ANY_IMAGES = ("OpenCL/Any/ImageDefault", "OpenCL/Any/ImageFolder")
_NNADAPTER = ("NNAdapter/Float/NCHW",)
_NNADAPTER_INT8 = ("NNAdapter/Float/NCHW", "NNAdapter/Int8/NCHW")

# Devices of NNAdapter, the interface to accelerators of many makers; the first ones also take calibrated int8 models.
_DEVICES = {
    **dict.fromkeys(("imagination_nna", "mediatek_apu", "rockchip_npu"), _NNADAPTER_INT8),
    **dict.fromkeys(
        (
            "amlogic_npu",
            "android_nnapi",
            "eeasytech_npu",
            "huawei_ascend_npu",
            "huawei_kirin_npu",
            "kunlunxin_xtcl",
            "qualcomm_qnn",
            "verisilicon_timvx",
        ),
        _NNADAPTER,
    ),
}

_PLACES: dict[str, tuple[str, ...]] = {
    "arm": _ARM,
    "arm_metal": (*_METAL, "ARM/Float/NCHW", "Host/Float/NCHW"),
    "host": ("Host/Float/NCHW",),
    "intel_fpga": ("IntelFPGA/Float/NCHW",),
    "metal": _METAL,
    "opencl": (
        *_OPENCL_IMAGES,
        "OpenCL/FP16/NCHW",
        "OpenCL/Float/NCHW",
        *_OPENCL_ANY_IMAGES,
        "OpenCL/Any/NCHW",
        "OpenCL/Int32/NCHW",
        "ARM/Float/NCHW",
    ),
    "x86": _X86,
    "x86_metal": (*_METAL, "X86/Float/NCHW", "Host/Float/NCHW"),
    "x86_opencl": (
        *_OPENCL_IMAGES,
        "OpenCL/Float/NCHW",
        *_OPENCL_ANY_IMAGES,
        "OpenCL/Any/NCHW",
        "X86/Float/NCHW",
        "X86/Int64/NCHW",
    ),
    **_DEVICES,
}

WORDS = tuple(sorted(_PLACES))
"""The words that --places takes beside single places."""


def parse(text: str) -> Variant:
    """The variant that a value of --places asks for. Raises TargetError naming the part that is wrong."""
    name, separator, listed = text.rpartition("=")
    items = [item.strip() for item in listed.split(",")]
    if not separator:
        name = _name_of(items, text)
    if not _NAME.fullmatch(name):
        raise TargetError(f"{text}: the name {name!r} is not of lower-case letters, digits and underscores")
    places: dict[Place, None] = {}
    for item in items:
        places |= dict.fromkeys(_places_of(item, text))
    if any(TARGETS[place.target] == "XPU" for place in places):
        raise TargetError(f"{text}: models for XPU hold parameters without values, which Oarlock does not read")
    devices = tuple(dict.fromkeys(item for item in items if item in _DEVICES))
    if not devices and any(TARGETS[place.target] == "NNAdapter" for place in places):
        raise TargetError(
            f"{text}: NNAdapter stands for no device; name one instead of it: {', '.join(sorted(_DEVICES))}"
        )
    return Variant(CUSTOM, name, Recipe(tuple(places), devices=devices))


def _name_of(items: Sequence[str], text: str) -> str:
    if all(item in _PLACES for item in items):
        return "_".join(items)
    raise TargetError(f"{text}: has no name; write NAME={text}, of lower-case letters, digits and underscores")


def _places_of(item: str, text: str) -> list[Place]:
    if item in _PLACES:
        return [Place.parse(place) for place in _PLACES[item]]
    parts = item.split("/")
    if len(parts) != 3:
        raise TargetError(f"{text}: {item!r} is neither TARGET/PRECISION/LAYOUT nor one of: {', '.join(WORDS)}")
    known = (("target", TARGETS), ("precision", PRECISIONS), ("layout", LAYOUTS))
    found = [_number(part, kind, names, text) for part, (kind, names) in zip(parts, known, strict=True)]
    return [Place(*found)]


def _number(part: str, kind: str, names: Sequence[str], text: str) -> int:
    """The engine's number for a name, in any case and with or without the k of Paddle Lite's enumerators."""
    wanted = part.lower()
    for number, name in enumerate(names[1:], start=1):  # 0 is "unknown"
        if wanted in (name.lower(), f"k{name.lower()}"):
            return number
    raise TargetError(f"{text}: there is no {kind} {part!r}, expected one of: {', '.join(names[1:])}")
