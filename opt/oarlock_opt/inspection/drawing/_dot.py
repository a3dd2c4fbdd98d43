"""A drawing in DOT, Graphviz's language."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Iterator

from oarlock.commands._shared import amount, megabytes
from oarlock_opt.importer.graph import DTYPE_SIZES, Node, Value
from oarlock_opt.inspection.drawing._blocks import Block, Edge
from oarlock_opt.inspection.drawing._kinds import Kind, kind_of
from oarlock_opt.inspection.drawing._words import figures, follower, headline, shape_text
from oarlock_opt.inspection.memory import memory_of
from oarlock_opt.inspection.shapes import Shapes
from oarlock_opt.inspection.subject import Subject, layer_name

__all__ = ["dot"]

_FONT = "Helvetica,Arial,sans-serif"
_GREY = "#666666"
_HEAD = f"""digraph model {{
  graph [fontname="{_FONT}" fontsize=11 labelloc=t rankdir=TB nodesep=0.3 ranksep=0.38 bgcolor="white" pad=0.3]
  node [fontname="{_FONT}" fontsize=10 shape=box style="rounded,filled" margin="0.12,0.06" penwidth=1.2]
  edge [fontname="{_FONT}" fontsize=8 fontcolor="{_GREY}" color="#9aa5ad" arrowsize=0.6]"""
_THINNEST, _THICKEST = 0.8, 3.2
_SMALL_SIDE = 0.28  # inches, of the circles for + and ×


def dot(subject: Subject, blocks: list[Block], edges: list[Edge], shapes: Shapes, macs: dict[Node, int | None]) -> str:
    """The drawing of a subject's blocks and edges, the same text for the same model."""
    return "\n".join([_HEAD, *_Writer(subject, blocks, edges, shapes, macs).lines(), "}", ""])


class _Writer:
    def __init__(
        self,
        subject: Subject,
        blocks: list[Block],
        edges: list[Edge],
        shapes: Shapes,
        macs: dict[Node, int | None],
    ) -> None:
        self._subject = subject
        self._graph = subject.graph
        self._blocks = blocks
        self._edges = edges
        self._shapes = shapes
        self._macs = macs
        self._ids = {block: f"b{number}" for number, block in enumerate(blocks)}
        sizes = [self._log_size(edge.value) for edge in edges] or [0.0]
        self._smallest, self._range = min(sizes), max(max(sizes) - min(sizes), 1e-9)

    def lines(self) -> Iterator[str]:
        yield f"  graph [label=<{self._title()}>]"
        yield from self._ends()
        for block in self._blocks:
            yield f"  {self._ids[block]} [{self._box(block)}]"
        for edge in self._edges:
            yield self._edge(self._ids[edge.source], self._ids[edge.target], edge.value)

    def _title(self) -> str:
        graph = self._graph
        elements = sum(math.prod(value.shape) for value in graph.parameters)
        counts = list(self._macs.values())
        macs = None if None in counts else sum(count or 0 for count in counts)
        memory = memory_of(self._subject, self._shapes)
        facts = [f"{len(graph.nodes)} operators", f"{amount(elements)} parameters"]
        facts += [] if macs is None else [f"{amount(macs)} MACs"]
        facts += [] if memory is None else [f"activations {megabytes(memory.peak)} at most"]
        kinds = Counter(kind_of(node.type) for node in graph.nodes)
        legend = "".join(
            f'<td bgcolor="{kind.fill}" color="{kind.line}">{kind.title}: {kinds[kind]}</td>'
            for kind in Kind
            if kind in kinds
        )
        name = _text(self._subject.path.absolute().name)
        return (
            f'<table border="0" cellborder="0" cellspacing="4"><tr><td><b><font point-size="16">{name}</font></b></td>'
            f'</tr><tr><td>{", ".join(facts)}</td></tr><tr><td><table border="0" cellborder="1" cellspacing="4" '
            f'cellpadding="4"><tr>{legend}</tr></table></td></tr></table>'
        )

    def _ends(self) -> Iterator[str]:
        """Inputs and outputs of the model with their edges."""
        owner = {node: block for block in self._blocks for node in (*block.constants, *block.nodes)}
        givers = {value: self._ids[owner[node]] for node in self._graph.nodes for value in node.all_outputs()}
        for number, value in enumerate(self._graph.inputs):
            givers[value] = f"in{number}"
            yield f"  in{number} [{self._end('input', value)}]"
            readers = dict.fromkeys(owner[node] for node in self._graph.nodes if value in node.all_inputs())
            for block in readers:
                yield self._edge(f"in{number}", self._ids[block], value)
        for number, value in enumerate(self._graph.outputs):
            yield f"  out{number} [{self._end('output', value)}]"
            if value in givers:  # of a .nb file, an output may be a parameter
                yield self._edge(givers[value], f"out{number}", value)

    def _end(self, kind: str, value: Value) -> str:
        shape = shape_text(self._shapes.get(value))
        label = _rows(f"<b>{kind}</b> {_text(value.name)}", f'<font point-size="9">{value.dtype} {shape}</font>')
        return f'label=<{label}> shape=oval fillcolor="#37474f" color="#37474f" fontcolor="white"'

    def _box(self, block: Block) -> str:
        kind = block.kind
        colours = f'fillcolor="{kind.fill}" color="{kind.line}" tooltip={_quoted(self._tooltip(block))}'
        if len(block.nodes) == 1 and len(headline(block.main)) == 1:
            sign = f"<b>{headline(block.main)}</b>"
            return f"label=<{sign}> shape=circle width={_SMALL_SIDE} fixedsize=true margin=0 fontsize=13 {colours}"
        heads = [
            f"<b>{_text(headline(node))}</b>" if node is block.main else _text(follower(node)) for node in block.nodes
        ]
        label = " · ".join(heads)
        if figure := figures(block, self._graph, self._macs):
            label = _rows(label, f'<font point-size="8" color="{_GREY}">{figure}</font>')
        return f"label=<{label}> {colours}"

    def _tooltip(self, block: Block) -> str:
        kernels = self._subject.kernels
        return "\n".join(
            " ".join(filter(None, (node.type, layer_name(node, self._subject), kernels.get(node))))
            for node in block.nodes
        )

    def _edge(self, source: str, target: str, value: Value) -> str:
        share = (self._log_size(value) - self._smallest) / self._range
        width = _THINNEST + (_THICKEST - _THINNEST) * min(max(share, 0.0), 1.0)
        label = _quoted(f" {shape_text(self._shapes.get(value))}")
        return f"  {source} -> {target} [label={label} penwidth={width:.2f} tooltip={_quoted(value.name)}]"

    def _log_size(self, value: Value) -> float:
        shape = self._shapes.get(value)
        return 0.0 if shape is None else math.log(max(math.prod(shape) * DTYPE_SIZES[value.dtype], 1))


def _rows(*rows: str) -> str:
    """Lines of an HTML-like label, which stand clear of each other only in a table."""
    cells = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{cells}</table>'


def _text(text: str) -> str:
    """Text within an HTML-like label, without what XML does not have."""
    return html.escape("".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text))


def _quoted(text: str) -> str:
    """A string of DOT; line breaks are kept."""
    lines = (
        "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
        for line in text.split("\n")
    )
    return '"' + "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'
