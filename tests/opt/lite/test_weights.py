"""Products of matrices in weight-only quantised models: what the engine does to them, and how they come out right."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from oarlock import Bundle, IsolatedSession, store
from oarlock_opt import reference
from oarlock_opt.cache import Cache
from oarlock_opt.commands.opt import opt
from oarlock_opt.imported import Imported, import_model
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, Value, attr
from oarlock_opt.inspection.targets import targets_for
from oarlock_opt.lite.targets import PRECISIONS, Recipe, Variant, select
from oarlock_opt.lite.weights import refused, restored, unrestored, use_restored_products
from oarlock_opt.lite.worker import Optimized, optimize
from oarlock_opt.quantize.weights_only import round_weights
from oarlock_opt.source import find_files
from oarlock_opt.zoo.export import export
from tests.conftest import Figure, Run

_Array = Any


_FALSE: dict[str, dict[str, Any]] = {
    "matmul_v2": {"trans_x": False, "trans_y": False},
    "matmul": {"transpose_X": False, "transpose_Y": False, "alpha": 1.0},
}


def _product(
    x: tuple[int, ...], y: tuple[int, ...], *, weights: str = "Y", kind: str = "matmul_v2", **attrs: Any
) -> Graph:
    """One product of an input and of weights, whose shapes are ``x`` and ``y``; ``weights`` is the slot of these."""
    shapes = {"X": x, "Y": y}
    (read,) = {"X", "Y"} - {weights}
    given = Value("x", "float32", shapes[read])
    graph = Graph([given], [], {}, [])
    array = np.random.default_rng(0).standard_normal(shapes[weights]).astype(np.float32)
    operands = {read: [given], weights: [graph.add_parameter("w", ArrayTensor(array))]}
    all_attrs = {name: attr(value) for name, value in {**_FALSE[kind], **attrs}.items()}
    rows = x[-1] if attrs.get("trans_x") else x[-2]
    columns = y[-2] if attrs.get("trans_y") or attrs.get("transpose_Y") else y[-1]
    graph.outputs.append(Value("out", "float32", (*x[:-2], rows, columns)))
    graph.nodes.append(Node(kind, operands, {"Out": [*graph.outputs]}, all_attrs, "operator 1"))
    return graph


def _with_bias(graph: Graph) -> Graph:
    (product,) = graph.outputs
    added, width = Value("added", "float32", product.shape), product.shape[-1]
    values = np.random.default_rng(1).standard_normal(width).astype(np.float32)
    bias = graph.add_parameter("b", ArrayTensor(values))
    axis = {"axis": attr(len(product.shape) - 1)}
    graph.nodes.append(Node("elementwise_add", {"X": [product], "Y": [bias]}, {"Out": [added]}, axis, "operator 2"))
    graph.outputs[:] = [added]
    return graph


def _squared(graph: Graph) -> Graph:
    """A graph and a product of two computed matrices behind it."""
    (last,) = graph.outputs
    squared, attrs = Value("squared", "float32", (-1, -1)), {"trans_x": attr(False), "trans_y": attr(True)}
    graph.nodes.append(Node("matmul_v2", {"X": [last], "Y": [last]}, {"Out": [squared]}, attrs, "operator 3"))
    graph.outputs[:] = [squared]
    return graph


_RESTORED: dict[str, Callable[[], Graph]] = {
    "matrix": lambda: _product((-1, 8), (8, 6)),
    "sequence": lambda: _product((-1, 4, 8), (8, 6)),
    "transposed": lambda: _product((-1, 8), (6, 8), trans_y=True),
    "transposed-matmul": lambda: _product((-1, 4, 8), (6, 8), kind="matmul", transpose_Y=True, alpha=1.0),
    "from-the-left": lambda: _product((6, 8), (8, 8), weights="X"),
    "from-the-left-transposed": lambda: _product((8, 6), (8, 8), weights="X", trans_x=True),
    "matrix-bias": lambda: _with_bias(_product((-1, 8), (8, 6))),
    "sequence-bias": lambda: _with_bias(_product((-1, 4, 8), (8, 6))),
    "transposed-bias": lambda: _with_bias(_product((-1, 8), (6, 8), trans_y=True)),
}
_LEFT: dict[str, Callable[[], Graph]] = {
    "batch": lambda: _product((2, 4, 8), (2, 8, 6)),
    "batch-from-the-left": lambda: _product((2, 4, 8), (8, 6), weights="X"),
    "input-transposed": lambda: _product((8, 4), (8, 6), trans_x=True),
    "scaled": lambda: _product((-1, 8), (8, 6), kind="matmul", alpha=0.5),
}


def _numpy(graph: Graph, x: _Array) -> _Array:
    """What the graph's product, and the addition behind it, are by definition."""
    (bias,) = [data.array() for value, data in graph.parameters.items() if value.name == "b"] or [np.float32(0)]
    node = graph.nodes[0]
    operands = [
        graph.parameters[value].array() if value in graph.parameters else x
        for value in (node.input("X"), node.input("Y"))
    ]
    for position, names in enumerate((("trans_x", "transpose_X"), ("trans_y", "transpose_Y"))):
        if any(node.get(name, False) for name in names):
            operands[position] = operands[position].swapaxes(-1, -2)
    return operands[0] @ operands[1] + bias


def _made(graph: Graph, variant: Variant, folder: Path) -> Optimized:
    folder.mkdir()
    files = legacy.write(graph, folder)
    assert files.params is not None
    (made,) = optimize(files.program, files.params, [variant], engine=store.find("x86"), folder=folder)
    return made


def _error_on_x86(graph: Graph, expected: Callable[[_Array], _Array], bits: int, folder: Path) -> float:
    """How far the engine's answers with weights of so many bits are from numpy's in fp32; inf for NaN."""
    (fp32,) = select(["x86"], ["fp32"])[0]
    variant = Variant("x86", f"int{bits}w", Recipe(fp32.recipe.places, weight_bits=bits))
    shape = [2 if size == -1 else size for size in graph.inputs[0].shape]
    x = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    with IsolatedSession(_made(graph, variant, folder).path) as session:
        (found,) = session.run({"x": x}).values()
    wanted = expected(x)
    error = np.abs(found - wanted).max() / np.abs(wanted).max()
    return float(error) if np.isfinite(error) else np.inf


@pytest.mark.parametrize("name", ["matrix", "sequence", "transposed", "transposed-matmul", "from-the-left"])
@pytest.mark.usefixtures("engine")
def test_as_they_are_products_are_nonsense(name: str, tmp_path: Path) -> None:
    """The reason for all of this; were it mended, nothing would need to be rewritten or refused."""
    graph = _RESTORED[name]()
    assert _error_on_x86(graph, lambda x: _numpy(graph, x), 8, tmp_path / "x86") > 0.5, "it is not even near"


@pytest.mark.parametrize("name", _RESTORED)
@pytest.mark.parametrize(("bits", "limit"), [(8, 0.02), (16, 1e-4)])
@pytest.mark.usefixtures("engine")
def test_restored_they_are_right(bits: int, limit: float, name: str, tmp_path: Path) -> None:
    graph, original = _RESTORED[name](), _RESTORED[name]()
    assert unrestored(graph) == []
    assert use_restored_products(graph) == 1
    assert use_restored_products(graph) == 0
    assert len(graph.parameters) == len(original.parameters)
    assert _error_on_x86(graph, lambda x: _numpy(original, x), bits, tmp_path / "x86") < limit


@pytest.mark.parametrize("name", _LEFT)
def test_others_stay_and_are_named(name: str) -> None:
    graph = _LEFT[name]()
    assert use_restored_products(graph) == 0
    assert unrestored(graph) == graph.nodes
    assert graph.nodes[0].type != "mul"


def test_without_weights_there_is_nothing_to_restore() -> None:
    graph = _squared(_product((-1, 8), (8, 6)))
    assert unrestored(graph) == []
    assert use_restored_products(graph) == 1
    assert [node.type for node in graph.nodes] == ["mul", "matmul_v2"]
    assert unrestored(graph) == []


@pytest.mark.usefixtures("engine")
def test_on_arm_a_restored_product_becomes_a_fully_connected_layer(tmp_path: Path) -> None:
    ((int8w,), _) = select(["arm64"], ["int8w"])
    graph = _RESTORED["transposed-bias"]()
    use_restored_products(graph)
    assert _made(graph, int8w, tmp_path / "arm").description["ops"].get("fc") == 1


def test_only_weight_only_variants_are_refused() -> None:
    variants, _ = select(["x86", "arm64"], PRECISIONS)
    assert refused(_RESTORED["matrix"](), variants) == []
    graph = _LEFT["batch"]()
    assert refused(graph, [variant for variant in variants if not variant.recipe.weight_bits]) == []
    found = refused(graph, variants)
    assert [each.id for each in found] == ["x86-int8w", "x86-int16w", "arm64-int8w", "arm64-int16w"]
    assert len({each.reason for each in found}) == 1
    assert found[0].reason.startswith("Paddle Lite stores the weights of matmul_v2 (operator 1) in few bits and takes")
    assert found[0].reason.endswith("make it in fp32.")
    graph.nodes *= 3
    assert "matmul_v2 (operator 1) and 2 more in few bits" in refused(graph, variants)[0].reason


def test_inspect_says_which_variants_would_be_refused() -> None:
    said = {it["id"]: it for it in targets_for(_LEFT["batch"](), store.DEFAULT_VERSION)}
    assert said["x86-fp32"]["ok"]
    assert said["arm64-fp16"]["ok"]
    for name in ("x86-int8w", "x86-int16w", "arm64-int8w", "armv7-int16w"):
        assert not said[name]["ok"]
        assert said[name]["missing"] == [{"op": "matmul_v2", "count": 1, "origin": "operator 1"}]
    assert all(it["ok"] for it in targets_for(_RESTORED["matrix"](), store.DEFAULT_VERSION))


def _imported(source: Path, folder: Path) -> Imported:
    folder.mkdir()
    return import_model(find_files(source), None, lite_version=store.DEFAULT_VERSION, folder=folder, cache=Cache.none())


def _saved(graph: Graph, folder: Path) -> Path:
    folder.mkdir()
    legacy.write(graph, folder)
    return folder


def test_a_second_program_is_written_only_where_it_differs(tmp_path: Path) -> None:
    plain = _imported(_saved(_RESTORED["matrix"](), tmp_path / "a"), tmp_path / "a-program")
    other = restored(plain, tmp_path / "a-restored")
    assert [path.name for path in (tmp_path / "a-restored").iterdir()] == ["model.pdmodel"], "no second parameters"
    assert other.program.params == plain.program.params
    assert [node.type for node in plain.graph.nodes] == ["matmul_v2"]
    assert [node.type for node in other.graph.nodes] == ["mul"]
    assert [node.origin for node in other.graph.nodes] == [node.origin for node in plain.graph.nodes]
    assert restored(other, tmp_path / "b-restored") is other
    assert not (tmp_path / "b-restored").exists()


def _opt(source: Path, bundle: Path, *options: str, status: int = 0) -> Any:
    result = CliRunner().invoke(opt, [str(source), "-o", str(bundle), "--no-golden", "--json", *options])
    assert result.exit_code == status, f"{result.output}\n{result.exception!r}"
    return result


@pytest.mark.usefixtures("engine")
def test_what_would_be_wrong_is_skipped_with_a_line(tmp_path: Path) -> None:
    source = _saved(_LEFT["batch"](), tmp_path / "source")
    result = _opt(source, tmp_path / "b.oar", "--target", "x86,arm64", "--precision", "fp32,int8w,int16w")
    said = json.loads(result.stdout)
    assert [it["id"] for it in said["variants"]] == ["x86-fp32", "arm64-fp32"]
    assert [it["id"] for it in said["skipped"]] == ["x86-int8w", "x86-int16w", "arm64-int8w", "arm64-int16w"]
    assert (
        "x86-int8w, x86-int16w, arm64-int8w, arm64-int16w are skipped: Paddle Lite stores the weights of matmul_v2 ("
        in result.stderr
    )


@pytest.mark.usefixtures("engine")
def test_and_is_an_error_when_it_was_the_only_one(tmp_path: Path) -> None:
    source = _saved(_LEFT["batch"](), tmp_path / "source")
    result = _opt(source, tmp_path / "b.oar", "--target", "x86", "--precision", "int8w", status=1)
    assert "x86-int8w: Paddle Lite stores the weights of matmul_v2 (" in result.stderr
    assert json.loads(result.stdout)["error"]["code"] == "OAR-TARGET"
    assert [path.name for path in tmp_path.iterdir()] == ["source"], "nothing is left behind"


@pytest.mark.usefixtures("engine")
def test_a_bundle_made_and_one_from_the_cache(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache tells weight-only variants from those in fp32, and the most exact one is picked by itself."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "lite").symlink_to(store.home() / "lite")
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OARLOCK_CACHE_SIZE", "100MB")
    options = ("--target", "x86", "--precision", "int8w,int16w,fp32", "--preprocess", "none", "--name", "same")
    hashes = []
    for name in ("first", "second"):
        said = json.loads(_opt(models / "digits", tmp_path / f"{name}.oar", *options).stdout)
        assert [it["cached"] for it in said["variants"]] == [name == "second"] * 3
        bundle = Bundle.open(tmp_path / f"{name}.oar")
        assert bundle.pick_variant().id == "x86-fp32"
        hashes.append([it["sha256"] for it in bundle.data["variants"]])
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 3


@dataclass(frozen=True)
class _Network:
    """A model of the zoo and its bundle for x86 with the variants in fp32, 8 and 16 bits."""

    name: str
    source: Path
    bundle: Path


@pytest.fixture(
    scope="module", params=["EfficientNet-Lite0", pytest.param("DPN68", marks=pytest.mark.full)], ids=lambda name: name
)
def network(
    request: pytest.FixtureRequest, engine: Path, oarlock_cli: Run, tmp_path_factory: pytest.TempPathFactory
) -> _Network:
    folder = tmp_path_factory.mktemp("network")
    if request.param == "DPN68":
        source = folder / "DPN68"
        export("DPN68", "random", source, seed=0)
    else:
        source = request.getfixturevalue("lite0_source")
    bundle = folder / "made.oar"
    oarlock_cli("opt", source, "-o", bundle, "--target", "x86", "--precision", "fp32,int8w,int16w")
    return _Network(request.param, source, bundle)


def test_networks_answer_within_their_limits(network: _Network, oarlock_cli: Run, figure: Figure) -> None:
    said = json.loads(oarlock_cli("verify", network.bundle, "--json").stdout)
    assert said["ok"]
    errors = {it["id"]: it["goldens"]["engine"]["relative_error"]["largest"] for it in said["variants"]}
    for variant, error in errors.items():
        figure(f"{network.name} {variant}: relative error on the goldens", error)
    assert list(errors) == ["x86-fp32", "x86-int8w", "x86-int16w"]
    assert errors["x86-fp32"] < errors["x86-int16w"] < errors["x86-int8w"]


@pytest.mark.parametrize(("bits", "limit"), [(8, 1e-3), (16, 1e-4)])
def test_they_are_the_networks_with_rounded_weights(
    bits: int, limit: float, network: _Network, figure: Figure, tmp_path: Path
) -> None:
    """What a variant loses is its weights' rounding and nothing of the engine's: PaddlePaddle loses the same."""
    graph = _imported(network.source, tmp_path / "program").read_graph()
    assert round_weights(graph, bits) > 30
    files = legacy.write(graph, tmp_path)
    bundle = Bundle.open(network.bundle)
    (case, *_) = bundle.data["golden"]["cases"]
    feed = {each["name"]: np.load(network.bundle / each["file"]) for each in case["inputs"]}
    (expected,) = reference.run(files, [feed]).outputs[0].values()
    with bundle.open_session(f"x86-int{bits}w") as session:
        (found,) = session.run(feed).values()
    error = float(np.abs(found - expected).max() / np.abs(expected).max())
    figure(f"{network.name} x86-int{bits}w: relative error against PaddlePaddle with rounded weights", error)
    assert error <= limit
