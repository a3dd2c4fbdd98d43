"""The ctypes binding says what native/include/oarlock.h says."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import oarlock
from oarlock import _core, _preprocess_spec, frames, session
from oarlock.errors import InternalError, InvalidArgumentError, NotFoundError

_HEADER = (Path(__file__).parents[2] / "native" / "include" / "oarlock.h").read_text(encoding="utf-8")
_CODE = re.sub(r"/\*.*?\*/", "", _HEADER, flags=re.DOTALL)
_FUNCTIONS = {
    match[2]: (match[1].strip(), [it.strip() for it in match[3].split(",") if it.strip() != "void"])
    for match in re.finditer(r"OAR_API\s+([\w\s*]+?)\b(oar_\w+)\(([^;]*)\);", _CODE)
}
_STRUCTS = {
    match[1]: re.findall(r"([\w\s*]+?)\s*\b(\w+)(?:\[(\w+)\])?;", match[2])
    for match in re.finditer(r"typedef struct (oar_\w+) \{(.*?)\}", _CODE, re.DOTALL)
}
_ENUMS = {
    match[1]: list(re.findall(r"\bOAR_\w+", match[2]))
    for match in re.finditer(r"typedef enum (oar_\w+) \{(.*?)\}", _CODE, re.DOTALL)
}
_SCALARS: dict[str, Any] = {
    "double": ctypes.c_double,
    "float": ctypes.c_float,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "size_t": ctypes.c_size_t,
    "uint32_t": ctypes.c_uint32,
    "uint8_t": ctypes.c_uint8,
}
_BOUND: dict[str, Any] = {
    "oar_bundle_options": _core.BundleOptions,
    "oar_frame": _core.Frame,
    "oar_image": _core.Image,
    "oar_plane": _core.Plane,
    "oar_preprocess_spec": _core.PreprocessSpec,
    "oar_selftest_options": _core.SelftestOptions,
    "oar_selftest_state": _core.SelftestState,
    "oar_session_options": _core.SessionOptions,
    "oar_tensor": _core.Tensor,
}


def _bound_type(declared: str) -> Any:
    """The ctypes type for a declared one; opaque objects and arrays are void pointers."""
    words = declared.replace("const ", "").split("*")
    base, stars = words[0].strip(), len(words) - 1
    if stars == 0 and base in _BOUND:
        return _BOUND[base]
    if stars == 0:
        return None if base == "void" else ctypes.c_int if base in _ENUMS else _SCALARS[base]
    if base == "char":
        return ctypes.c_char_p if stars == 1 else ctypes.POINTER(ctypes.c_char_p)
    if stars == 2:
        return ctypes.POINTER(ctypes.c_void_p)
    return ctypes.POINTER(_BOUND[base]) if base in _BOUND else ctypes.c_void_p


def test_every_function_is_bound() -> None:
    assert len(_FUNCTIONS) > 30
    assert set(_core.FUNCTIONS) == set(_FUNCTIONS)


@pytest.mark.parametrize("name", sorted(_FUNCTIONS))
def test_function_types(name: str) -> None:
    assert getattr(_core.library(), name).argtypes == _core.FUNCTIONS[name][1]
    result, parameters = _FUNCTIONS[name]
    bound_result, bound_parameters = _core.FUNCTIONS[name]
    assert bound_result is _bound_type(result)
    assert len(bound_parameters) == len(parameters)
    for bound, parameter in zip(bound_parameters, parameters, strict=True):
        declared = re.sub(r"\w+$", "", parameter)
        # A number that is written goes through a typed pointer, an array of numbers through an untyped one.
        assert bound in (_bound_type(declared), *(ctypes.POINTER(it) for it in _SCALARS.values())), parameter


@pytest.mark.parametrize("name", sorted(_BOUND))
def test_structure(name: str) -> None:
    fields: Any = _BOUND[name]._fields_
    assert [field[0] for field in fields] == [field for _, field, _ in _STRUCTS[name]]
    for (_, bound), (declared, _, count) in zip(fields, _STRUCTS[name], strict=True):
        expected = _bound_type(declared.strip())
        if count:
            size = _core.MAX_RANK if count == "OAR_MAX_RANK" else int(count)
            assert bound is expected * size
        else:
            assert bound is expected
    if fields[0][0] == "struct_size":
        assert _BOUND[name]().struct_size == ctypes.sizeof(_BOUND[name])


def test_all_structures_and_limits() -> None:
    assert set(_STRUCTS) == set(_BOUND)
    assert f"#define OAR_MAX_RANK {_core.MAX_RANK}\n" in _HEADER


def _values(enum: str) -> list[str]:
    """The names of an enum by value; the header numbers them from 0 without a gap."""
    [body] = re.findall(rf"typedef enum {enum} \{{(.*?)\}}", _CODE, re.DOTALL)
    assert [int(it) for it in re.findall(r"=\s*(\d+)", body)] == list(range(len(_ENUMS[enum])))
    return _ENUMS[enum]


def test_every_status_has_its_exception() -> None:
    statuses = _values("oar_status")
    assert set(_core.EXCEPTIONS) == set(range(1, len(statuses)))
    for status, name in enumerate(statuses):
        if status:
            code = _core.text(_core.library().oar_status_code(status))
            assert code == _core.EXCEPTIONS[status].default_code == name.replace("_", "-")


def test_enumerations_in_order() -> None:
    assert [it.removeprefix("OAR_").lower() for it in _values("oar_dtype")] == list(session.DTYPES)
    assert [it.removeprefix("OAR_POWER_").lower() for it in _values("oar_power")] == list(session.POWERS)
    assert [it.removeprefix("OAR_COLOR_") for it in _values("oar_color_order")] == list(_preprocess_spec.COLORS)
    assert [it.removeprefix("OAR_LAYOUT_") for it in _values("oar_layout")] == list(_preprocess_spec.LAYOUTS)
    interpolations = [it.removeprefix("OAR_INTERPOLATION_").lower() for it in _values("oar_interpolation")]
    assert interpolations == list(_preprocess_spec.INTERPOLATIONS)
    assert _values("oar_resize") == ["OAR_RESIZE_NONE", "OAR_RESIZE_SHORT", "OAR_RESIZE_EXACT"]
    assert [it.removeprefix("OAR_FRAME_") for it in _values("oar_frame_format")] == list(frames.FORMATS)
    assert [it.removeprefix("OAR_YUV_").lower() for it in _values("oar_yuv_range")] == list(frames.RANGES)
    pixels = {1: "OAR_PIXEL_GRAY", 3: "OAR_PIXEL_RGB", 4: "OAR_PIXEL_RGBA"}
    from oarlock.preprocess import PIXEL_FORMATS

    assert {channels: _values("oar_pixel_format")[number] for channels, number in PIXEL_FORMATS.items()} == pixels


@pytest.mark.parametrize("number", range(9))
def test_dtype_names_are_numpys(number: int) -> None:
    assert _core.text(_core.library().oar_dtype_name(number)) == list(session.DTYPES)[number]


def test_nothing_else_is_called() -> None:
    with pytest.raises(AttributeError, match="oar_nowhere is no function of Oarlock's core"):
        _ = _core.library().oar_nowhere


def test_versions_agree() -> None:
    assert _core.text(_core.library().oar_version()) == oarlock.__version__
    assert f'#define OARLOCK_VERSION "{oarlock.__version__}"' in _HEADER


def test_failure_becomes_the_exception_with_the_cores_sentence() -> None:
    with pytest.raises(NotFoundError) as caught:
        _core.call("oar_nb_open", b"/nowhere/x.nb", ctypes.byref(ctypes.c_void_p()))
    assert "/nowhere/x.nb" in caught.value.message
    assert caught.value.code == "OAR-NOT-FOUND"


def test_paths() -> None:
    assert _core.path(Path("/bücher")) == "/bücher".encode()
    assert _core.path(os.fsdecode(b"/\xff")) == b"/\xff"
    with pytest.raises(InvalidArgumentError, match="NUL"):
        _core.path("a\0b")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot open shared object file"), ("text", "invalid ELF header|file too short")],
)
def test_another_library_is_refused(tmp_path: Path, content: str | None, sentence: str) -> None:
    path = tmp_path / "liboarlock.so"
    if content is not None:
        path.write_text(content * 100)
    code = "from oarlock import _core\ntry: _core.library()\nexcept _core.errors.InternalError as error: print(error)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "OARLOCK_LIBRARY": str(path)}, capture_output=True, text=True
    )
    assert done.stdout.startswith(f"{path}: cannot be used as Oarlock's core ({path}: ")
    assert re.search(sentence, done.stdout)


def test_missing_library_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OARLOCK_LIBRARY", raising=False)
    monkeypatch.setattr(oarlock, "__path__", ["/nowhere"])
    with pytest.raises(InternalError, match=r"core is missing \(/nowhere/_lib/liboarlock.so\): install oarlock again"):
        _core._find()


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import oarlock; "
        "heavy = {name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names); "
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("['oarlock']", "['numpy', 'oarlock']")


def test_lazy_names() -> None:
    for name in oarlock.__all__:
        assert getattr(oarlock, name) is not None
    assert set(oarlock.__all__) <= set(dir(oarlock))
    with pytest.raises(AttributeError, match="module 'oarlock' has no attribute 'Clasifier'"):
        oarlock.Clasifier  # noqa: B018
