"""The lists of kernels are the libraries' own, and what they say is what the optimiser does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from oarlock import store
from oarlock.store import Engine
from oarlock_opt.errors import NoKernelError, OptimizerAbortedError, OptimizerError
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.lite import worker
from oarlock_opt.lite.kernels import VERSIONS, missing, needs, require_kernels, table
from oarlock_opt.lite.kernels._table import path as list_of
from oarlock_opt.lite.kernels.extract import extract, text
from oarlock_opt.lite.places import Place
from oarlock_opt.lite.targets import Recipe, Variant, select
from tests.opt.lite.operators import definitions, graph_of

_REGISTRY = Path(__file__).with_name("registry.py")


# ---- The lists ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["2.12", *(pytest.param(it, marks=pytest.mark.full) for it in VERSIONS if it != "2.12")])
def lite(request: pytest.FixtureRequest) -> Engine:
    """Paddle Lite of a version, installed where it is missing: the default one, and with --full all of them."""
    return store.install("x86", version=request.param)


def test_the_list_is_what_the_script_makes_of_the_installed_library(lite: Engine) -> None:
    assert text(extract(lite.library, lite.version)) == list_of(lite.version).read_text(encoding="utf-8")


def test_exported_names_and_registry_agree(lite: Engine) -> None:
    """The names of functions are a roundabout way to a list; the registry itself says the same."""
    command = [sys.executable, str(_REGISTRY), str(lite.library)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == _table(lite.version).to_json()["operators"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_has_a_list(version: str) -> None:
    kernels = table(version)
    assert kernels is not None
    assert kernels.version == version
    assert text(kernels) == list_of(version).read_text(encoding="utf-8")
    assert {"conv2d", "feed", "fetch", "relu"} <= set(kernels.operators)
    assert sum(map(len, kernels.operators.values())) > 800


def test_one_library_lists_the_kernels_of_all_targets() -> None:
    kernels = table("2.12")
    assert kernels is not None
    targets = {str(place).split("/")[0] for place in kernels.operators["conv2d"]}
    assert targets == {"ARM", "Metal", "OpenCL", "X86", "XPU"}


def test_what_versions_differ_in() -> None:
    """A few entries by hand, from what was found elsewhere."""
    x86 = select(["x86"], ["fp32"])[0][0].recipe.places
    found = {version: _table(version).has_kernel("matmul_v2", x86) for version in VERSIONS}
    assert found == {"2.10": False, "2.11": False, "2.12": True, "2.13rc0": True, "2.14rc0": True}
    assert not _table("2.12").has_kernel("silu", x86)
    assert _table("2.14rc0").has_kernel("silu", x86)
    assert table("2.9") is None


def test_a_file_that_is_no_library(tmp_path: Path) -> None:
    letter = tmp_path / "lite.so"
    letter.write_text("Dear all,\n" * 100)
    with pytest.raises(ValueError, match=r"lite\.so: no shared object"):
        extract(letter, "2.12")


# ---- Against the optimiser ----------------------------------------------------------------------------------------

_PLACES = {
    "x86": "X86/Float/NCHW X86/Int64/NCHW X86/Any/NCHW",
    "arm": "ARM/Float/NCHW ARM/Int32/NCHW ARM/Int64/NCHW ARM/Any/NCHW",
    "opencl": "OpenCL/FP16/ImageDefault OpenCL/FP16/ImageFolder OpenCL/FP16/NCHW OpenCL/Any/ImageDefault "
    "OpenCL/Any/ImageFolder OpenCL/Any/NCHW OpenCL/Int32/NCHW ARM/Float/NCHW",
    "one of arm": "ARM/Float/NCHW",
    "metal": "Metal/Float/MetalTexture2DArray Metal/FP16/MetalTexture2DArray ARM/Float/NCHW",
    "host": "Host/Float/NCHW",
    "any": "X86/Any/Any",
    "opencl alone": "OpenCL/FP16/ImageDefault",
}
# A sample, with what has no kernel somewhere: on x86, on ARM, on both, in the version at all.
_SAMPLE = (
    *("abs", "acos", "affine_channel", "arg_max", "atan2", "bicubic_interp_v2", "bilinear_interp_v2", "bmm", "conv3d"),
    *("ctc_align", "cumsum", "depthwise_conv2d_transpose", "elementwise_add", "erf", "flip", "lookup_table_dequant"),
    *("lrn", "mean", "pool2d", "reduce_mean", "relu", "scatter", "shape", "sign", "silu", "softmax", "softsign"),
    *("stack", "sum", "tan", "top_k_v2", "unfold", "where_index"),
)


def test_the_optimiser_finds_what_the_list_has(lite: Engine, tmp_path: Path) -> None:
    """It looks for kernels just where ``searched`` does: it refuses what is missing, and nothing else for that."""
    found = definitions(_SAMPLE)
    assert len(found) > 30
    for target in ("x86", "arm", "opencl"):
        answers = 0
        for operator, definition in found.items():
            lacks, refused = _ask(graph_of(operator, definition), target, tmp_path / f"{operator}-{target}", lite)
            # None: it failed for another reason, such as a type that does not suit the operator.
            if refused is not None:
                assert refused == lacks, (operator, target)
                answers += 1
        assert answers > 20


@pytest.mark.full
@pytest.mark.parametrize("target", ["one of arm", "metal", "host", "any"])
def test_the_optimiser_finds_what_the_list_has_in_other_places(engine: Path, tmp_path: Path, target: str) -> None:
    for operator, definition in definitions(_SAMPLE).items():
        lacks, refused = _ask(graph_of(operator, definition), target, tmp_path / operator)
        assert refused in (None, lacks), operator


@pytest.mark.full
def test_the_optimiser_finds_what_the_list_has_of_every_operator(engine: Path, tmp_path: Path) -> None:
    """All of PaddlePaddle's operators that any version knows, on three targets."""
    every = sorted({operator for version in VERSIONS for operator in _table(version).operators} - {"feed", "fetch"})
    found = definitions(every)
    assert len(found) > 200
    asked = 0
    for operator, definition in found.items():
        if "quantize" in operator:  # alone, there is nothing that it could be fused with
            continue
        for target in ("x86", "arm", "opencl"):
            lacks, refused = _ask(graph_of(operator, definition), target, tmp_path / f"{operator}-{target}")
            # The optimiser may give up earlier, over an attribute: that is no answer.
            if refused is not None:
                assert refused == lacks, (operator, target)
                asked += 1
    assert asked > 500


def _ask(
    graph: Graph, target: str, folder: Path, lite: Engine | None = None
) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Operators without a kernel by the list, and by the optimiser: it names one; None when it failed otherwise."""
    lite = lite or store.find("x86")
    places = tuple(map(Place.parse, _PLACES[target].split()))
    lacks = tuple(need.operator for need in missing(needs(graph), places, _table(lite.version)))[:1]
    folder.mkdir()
    files = legacy.write(graph, folder)
    assert files.params is not None
    variant = Variant("custom", "places", Recipe(places))
    try:
        worker.optimize(files.program, files.params, [variant], engine=lite, folder=folder)
    except OptimizerAbortedError as error:
        if "No kernels found for" in error.output or "no Op found for" in error.output:
            return lacks, (error.op,)
        return lacks, None
    except OptimizerError:
        return lacks, None
    return lacks, ()


# ---- What is missing ----------------------------------------------------------------------------------------------


def _graph(*operators: str) -> Graph:
    value = Value("x", "float32", (1, 4))
    inputs, nodes = [value], []
    for number, operator in enumerate(operators):
        result = Value(f"{operator}_{number}", "float32", (1, 4))
        nodes.append(Node(operator, {"X": [value]}, {"Out": [result]}, {}, f"layer {number}"))
        value = result
    return Graph(inputs, [value], {}, nodes)


def _message(graph: Graph, version: str = "2.12", targets: tuple[str, ...] = ("x86", "arm64", "armv7")) -> str:
    variants, _ = select(targets, ["fp32"])
    with pytest.raises(NoKernelError) as caught:
        require_kernels(needs(graph), variants, version)
    return caught.value.message


def test_nothing_is_missing() -> None:
    variants, _ = select(["x86", "arm64", "armv7"], ["fp32"])
    require_kernels(needs(_graph("relu", "softmax")), variants, "2.12")


def test_all_that_is_missing_in_one_message() -> None:
    assert _message(_graph("erf", "relu", "bicubic_interp_v2", "erf", "tan")) == (
        "x86-fp32: Paddle Lite 2.12 does not know the operator bicubic_interp_v2 (layer 2) and has no kernel there for "
        "the operators erf (2 times, first layer 0) and tan (layer 4). "
        "arm64-fp32, armv7-fp32: Paddle Lite 2.12 does not know the operator bicubic_interp_v2 (layer 2) and has no "
        "kernel there for the operator tan (layer 4). "
        "Build what uses it from other operators, and export the model again."
    )


def test_targets_and_versions_that_would_do_are_named() -> None:
    assert _message(_graph("erf")) == (
        "x86-fp32: Paddle Lite 2.12 has no kernel there for the operator erf (layer 0). "
        "It can be made for arm64-fp32, armv7-fp32 alone. "
        "Paddle Lite 2.13rc0 or 2.14rc0, chosen with --lite, has all that it needs."
    )


def test_many_are_cut_short() -> None:
    names = [f"made_up_{number}" for number in range(40)]
    message = _message(_graph(*names))
    assert "made_up_11 (layer 11) and 28 more." in message
    assert "made_up_12" not in message


def test_places_without_a_processor_for_the_inputs(engine: Path, tmp_path: Path) -> None:
    assert _ask(_graph("relu"), "opencl alone", tmp_path / "relu") == (("feed",), ("feed",))
    variant = Variant("custom", "gpu", Recipe((Place.parse(_PLACES["opencl alone"]),)))
    with pytest.raises(NoKernelError, match=r"feed .* fetch .* name a place of one as well, such as ARM/Float/NCHW"):
        require_kernels(needs(_graph("relu")), [variant], "2.12")


def test_what_is_fused_away_is_not_missed() -> None:
    """Quantised models: the operators go before the optimiser looks for kernels."""
    variants, _ = select(["x86", "arm64"], ["fp32"])
    require_kernels(needs(_graph("fake_quantize_moving_average_abs_max", "relu")), variants, "2.12")
    require_kernels(needs(_graph("quantize_linear", "dequantize_linear", "relu")), variants, "2.12")


def test_accelerators_that_replace_parts_are_given_a_chance() -> None:
    xpu = Variant("custom", "xpu", Recipe((Place.parse("XPU/Float/NCHW"),)))
    require_kernels(needs(_graph("erf")), [xpu], "2.12")
    with pytest.raises(NoKernelError, match="does not know the operator made_up"):
        require_kernels(needs(_graph("made_up")), [xpu], "2.12")


def test_a_version_without_a_list_is_not_judged() -> None:
    variants, _ = select(["x86"], ["fp32"])
    require_kernels(needs(_graph("made_up")), variants, "3.0")


def _table(version: str):  # type: ignore[no-untyped-def]
    kernels = table(version)
    assert kernels is not None
    return kernels
