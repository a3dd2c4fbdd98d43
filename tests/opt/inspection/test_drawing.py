"""Drawings: which operators share a box, what is written, and what Graphviz makes of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from oarlock.errors import InvalidArgumentError, MissingPackageError
from oarlock_opt.importer.graph import Graph, Node
from oarlock_opt.inspection.drawing import DrawingError, draw
from oarlock_opt.inspection.drawing._blocks import blocks_of, edges_of
from oarlock_opt.inspection.drawing._kinds import Kind, kind_of
from oarlock_opt.inspection.subject import open_subject
from tests.conftest import Run

from .conftest import convolution, subject_of, tensor

needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def _types(graph: Graph, *, full: bool = False) -> list[list[str]]:
    return [[node.type for node in block.nodes] for block in blocks_of(graph, full=full)]


class TestBlocks:
    def test_a_convolution_with_what_follows_it(self, residual: Graph) -> None:
        assert _types(residual) == [
            ["conv2d", "batch_norm", "relu"],
            ["conv2d", "elementwise_add"],
            ["elementwise_add", "relu"],
        ]
        blocks = blocks_of(residual, full=False)
        assert [[node.type for node in block.constants] for block in blocks] == [[], ["reshape2"], []]
        ends = [
            (blocks.index(edge.source), edge.value.name, blocks.index(edge.target))
            for edge in edges_of(residual, blocks)
        ]
        assert ends == [(0, "c", 1), (1, "e", 2)]

    def test_every_operator_on_its_own(self, residual: Graph) -> None:
        assert _types(residual, full=True) == [[node.type] for node in residual.nodes]

    def test_what_is_before_a_convolution(self) -> None:
        x, a, b, c = (tensor(name, 1, 8, 4, 4) for name in "xabc")
        graph = Graph([x], [c], {}, [])
        graph.nodes = [
            Node("batch_norm", {"X": [x]}, {"Y": [a]}),
            Node("relu", {"X": [a]}, {"Out": [b]}),
            convolution(graph, b, c, "conv", 8, 8, 1, 1),
        ]
        assert _types(graph) == [["batch_norm", "relu", "conv2d"]]
        assert blocks_of(graph, full=False)[0].kind is Kind.CONVOLUTION

    def test_what_several_read_ends_a_box(self) -> None:
        x, a, b, c = (tensor(name, 1, 8, 4, 4) for name in "xabc")
        graph = Graph([x], [b, c], {}, [])
        graph.nodes = [
            convolution(graph, x, a, "conv", 8, 8, 1, 1),
            Node("relu", {"X": [a]}, {"Out": [b]}),
            Node("sigmoid", {"X": [a]}, {"Out": [c]}),
        ]
        assert _types(graph) == [["conv2d"], ["relu"], ["sigmoid"]]

    def test_an_output_of_the_model_ends_a_box(self) -> None:
        x, a, b = (tensor(name, 1, 8, 4, 4) for name in "xab")
        graph = Graph([x], [a, b], {}, [])
        graph.nodes = [convolution(graph, x, a, "conv", 8, 8, 1, 1), Node("relu", {"X": [a]}, {"Out": [b]})]
        assert _types(graph) == [["conv2d"], ["relu"]]


def test_kinds() -> None:
    ops = ("depthwise_conv2d", "fc", "elementwise_pow", "reduce_mean", "concat", "nobody_knows")
    expected = [Kind.CONVOLUTION, Kind.PRODUCT, Kind.ARITHMETIC, Kind.POOLING, Kind.JOINT, Kind.OTHER]
    assert [kind_of(op) for op in ops] == expected


class TestDot:
    def test_says_what_there_is(self, residual: Graph, tmp_path: Path) -> None:
        drawn = draw(subject_of(residual), tmp_path / "model.dot", batch=2)
        assert drawn == {"file": str(tmp_path / "model.dot"), "format": "dot", "boxes": 3, "edges": 2}
        text = (tmp_path / "model.dot").read_text()
        assert "<b>conv2d 3×3</b> · batch_norm · relu" in text
        assert "<b>conv2d 1×1</b> · bias" in text
        assert "72 parameters, 2.304 k MACs" in text  # 64 weights and 8 biases, over 2 x 4 x 4 places
        assert '" 2×8×4×4"' in text
        assert text.count(" -> ") == 2 + 2 + 1  # between boxes, from the input, to the output

    def test_is_the_same_every_time(self, models: Path, tmp_path: Path) -> None:
        for name in ("a.dot", "b.dot"):
            draw(open_subject(models / "digits"), tmp_path / name)
        assert (tmp_path / "a.dot").read_bytes() == (tmp_path / "b.dot").read_bytes()

    def test_without_graphviz(self, residual: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        (tmp_path / "model.svg").write_text("old")
        with pytest.raises(
            MissingPackageError, match=r"model\.svg: needs Graphviz.*sudo apt-get install graphviz\. Or"
        ):
            draw(subject_of(residual), tmp_path / "model.svg")
        assert (tmp_path / "model.svg").read_text() == "old"
        draw(subject_of(residual), tmp_path / "model.dot")

    def test_graphviz_that_fails(self, residual: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "dot").write_text("#!/bin/sh\necho no fonts >&2\nexit 3\n")
        (tmp_path / "dot").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
        with pytest.raises(DrawingError, match=r"m\.png: Graphviz ended with status 3 and said: no fonts"):
            draw(subject_of(residual), tmp_path / "m.png")
        assert not (tmp_path / "m.png").exists()

    def test_other_suffixes(self, residual: Graph, tmp_path: Path) -> None:
        with pytest.raises(InvalidArgumentError, match=r"ends in '\.jpg', expected \.svg, \.png, \.dot"):
            draw(subject_of(residual), tmp_path / "m.jpg")
        with pytest.raises(InvalidArgumentError, match="ends in 'no suffix'"):
            draw(subject_of(residual), tmp_path / "m")


@needs_graphviz
class TestGraphviz:
    def test_svg(self, models: Path, tmp_path: Path) -> None:
        draw(open_subject(models / "digits"), tmp_path / "m.svg")
        texts = "".join(ElementTree.parse(tmp_path / "m.svg").getroot().itertext())
        for expected in ("conv2d 3×3, stride 2", "1×3×32×32", "digits"):
            assert expected in texts

    def test_png(self, models: Path, tmp_path: Path) -> None:
        from PIL import Image

        draw(open_subject(models / "digits"), tmp_path / "m.png")
        with Image.open(tmp_path / "m.png") as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 300

    def test_names_of_any_kind(self, tmp_path: Path) -> None:
        x, y = tensor('<b>"x\\n&amp;', 1, 3), tensor("y\n\0]->{;\ud800", 1, 3)
        graph = Graph([x], [y], {}, [Node('<re"lu>\\', {"X": [x]}, {"Out": [y]}, origin="\\N")])
        for detail in (True, False):
            draw(subject_of(graph), tmp_path / "m.svg", full=detail)
            texts = list(ElementTree.parse(tmp_path / "m.svg").getroot().itertext())
            assert '<re"lu>\\' in texts
            assert any('<b>"x\\n&amp;' in text for text in texts)

    def test_dpn68(self, oarlock_cli: Run, tmp_path: Path) -> None:
        oarlock_cli("export", "DPN68", "--weights", "random", "-o", tmp_path / "dpn68")
        subject = open_subject(tmp_path / "dpn68")
        layers, full = (draw(subject, tmp_path / f"{detail}.svg", full=detail) for detail in (False, True))
        assert full["boxes"] == len(subject.graph.nodes) == 312
        # 71 convolutions, 44 concatenations, 26 splits, 22 sums, 2 poolings, the linear layer, one normalisation.
        assert layers["boxes"] == 71 + 44 + 26 + 22 + 2 + 1 + 1
        root = ElementTree.parse(tmp_path / "False.svg").getroot()
        groups = [group.get("class") for group in root.iter("{http://www.w3.org/2000/svg}g")]
        assert groups.count("node") == layers["boxes"] + 2

    def test_the_command(self, models: Path, bundle: Path, oarlock_cli: Run, tmp_path: Path) -> None:
        said = oarlock_cli("inspect", models / "digits", "--graph", tmp_path / "m.svg").stdout
        assert re.search(r"^drawing     .*m\.svg, 4 boxes$", said, flags=re.MULTILINE)
        said = json.loads(
            oarlock_cli(
                "inspect", bundle / "arm64-fp32.nb", "--graph", tmp_path / "n.svg", "--graph-detail", "full", "--json"
            ).stdout
        )
        assert said["graph"]["boxes"] == said["nb"]["op_count"] - 2
        assert oarlock_cli("inspect", models / "digits", "--graph", tmp_path / "m.gif", status=1).stdout == ""


def test_graphviz_reads_what_is_written(residual: Graph, tmp_path: Path) -> None:
    if (program := shutil.which("dot")) is None:
        pytest.skip("Graphviz is not installed")
    draw(subject_of(residual), tmp_path / "model.dot", full=True)
    done = subprocess.run([program, "-Tplain", tmp_path / "model.dot"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert sum(line.startswith("node ") for line in done.stdout.splitlines()) == len(residual.nodes) + 2
