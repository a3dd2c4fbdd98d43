"""The way from an imported model to a calibrated one that was judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oarlock._files import sha256_file
from oarlock_opt._code import code_hash
from oarlock_opt._paddle import installed_versions
from oarlock_opt.cache import Cache, key_of
from oarlock_opt.errors import CalibrationFailedError, CalibrationLimitError, ReferenceFailedError
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import Graph
from oarlock_opt.interface import Interface
from oarlock_opt.quantize import labels, samples
from oarlock_opt.quantize.calibration import calibrate
from oarlock_opt.quantize.gate import Limit, Mixture, describe, open_gate, pass_gate
from oarlock_opt.quantize.judge import Judge, Output
from oarlock_opt.quantize.methods import AUTO, METHODS, OPERATORS
from oarlock_opt.quantize.options import DEFAULT_DROP, DEFAULT_DROP_OF_ACCURACY, Options
from oarlock_opt.quantize.program import Program
from oarlock_opt.quantize.samples import Samples
from oarlock_opt.source import SourceFiles

if TYPE_CHECKING:
    from oarlock_opt.preprocessing import Interpretation

__all__ = ["Listener", "Quantized", "judged_samples", "quantize"]

_KIND = "calibrations"
_PROGRAM, _PARAMS = "model.pdmodel", "model.pdiparams"


@dataclass(frozen=True)
class Quantized:
    """A calibrated model: its program, as PaddlePaddle and Paddle Lite's optimiser read it, and what is known of it.

    ``facts`` is ``variants[].quantisation`` of docs/schema/bundle.schema.json. ``origins`` has, for each operator of
    the program, where it came from.
    """

    program: SourceFiles
    facts: Mapping[str, Any]
    origins: tuple[str, ...]


@dataclass(frozen=True)
class Listener:
    """Is told how it goes on: ``progress`` a few words on the step at hand, ``remark`` a sentence to keep."""

    progress: Callable[[str], None] = lambda words: None
    remark: Callable[[str], None] = lambda sentence: None


def quantize(
    program: SourceFiles,
    graph: Graph,
    meaning: Interpretation,
    options: Options,
    *,
    name: str,
    key: str,
    folder: Path,
    timeout: float,
    cache: Cache,
    listener: Listener,
) -> Quantized:
    """Calibrate, choose the method, and keep operators in fp32 until the limit holds.

    ``program`` is an imported model as the optimiser takes it, ``graph`` the same with the origins of its operators,
    and ``key`` stands for it in the cache; messages call it ``name``. ``folder`` is an empty one of the caller's. Equal
    arguments and files give equal programs.

    Raises CalibrationError, ReferenceFailedError, OarlockError (a picture that cannot be read) and OSError.
    """
    if not any(
        node.type in OPERATORS and node.input(OPERATORS[node.type][1]) in graph.parameters for node in graph.nodes
    ):
        raise CalibrationLimitError(
            f"{name}: has no convolution and no product with a parameter, so nothing can be quantised; leave int8 out"
        )
    if any(node.type.startswith("fake_") for node in graph.nodes):
        raise CalibrationFailedError(f"{name}: is quantised already; calibrate the model as it was before, in fp32")
    work = _Work(program, graph, meaning, options, name, folder, timeout, listener)
    whole = key_of(model=key, **work.depends_on()) if cache.enabled else ""
    if (entry := cache.find(_KIND, whole)) and all(entry.take(name, folder / name) for name in (_PROGRAM, _PARAMS)):
        facts = entry.facts
        return Quantized(SourceFiles(folder / _PROGRAM, folder / _PARAMS), facts["facts"], tuple(facts["origins"]))
    try:
        result = work.run()
    except (CalibrationLimitError, ReferenceFailedError) as error:
        # PaddlePaddle's own message is of a program that is gone.
        words = error.message.partition(".pdmodel: ")[2] or error.message
        raise type(error)(f"{name}: {words}", op=error.op, output=error.output) from error
    kept = {"facts": dict(result.facts), "origins": result.origins}
    assert result.program.params is not None
    cache.keep(_KIND, whole, kept, {_PROGRAM: result.program.program, _PARAMS: result.program.params})
    return result


class _Work:
    def __init__(
        self,
        program: SourceFiles,
        graph: Graph,
        meaning: Interpretation,
        options: Options,
        name: str,
        folder: Path,
        timeout: float,
        listener: Listener,
    ) -> None:
        self._program = program
        self._graph = graph
        self._meaning = meaning
        self._options = options
        self._name = name
        self._folder = folder
        self._timeout = timeout
        self._listener = listener
        self._calibration, _ = _chosen(Interface.of(graph), meaning, options)
        self._judged, self._output = judged_samples(graph, meaning, options)

    def depends_on(self) -> dict[str, Any]:
        """All beside the model that the result depends on, for JSON."""
        spec = self._meaning.preprocess
        return {
            "options": self._options.to_json(),
            "calibration": _content(self._calibration),
            "judged": _content(self._judged),
            "preprocess": None if spec is None else spec.to_json(),
            "output": vars(self._output),
            "paddle": installed_versions(),
            "code": code_hash("quantize", "importer", "reference"),
        }

    def run(self) -> Quantized:
        options, progress = self._options, self._listener.progress
        methods = METHODS if options.method == AUTO else (options.method,)
        found = calibrate(
            self._program,
            self._calibration,
            methods,
            name=self._name,
            folder=self._subfolder("calibration"),
            timeout=self._timeout,
            progress=progress,
        )
        program = Program(self._program, found.program, _origins(self._graph))
        progress(f"fp32's answers to {len(self._judged)} files")
        judge = Judge(
            self._judged,
            self._output,
            program.original(),
            folder=self._subfolder("judge"),
            timeout=self._timeout,
        )
        mixtures: dict[str, Mixture] = {}
        for method in methods:
            progress(f"judging {method} on {len(self._judged)} files")
            mixtures[method] = open_gate(program, found.thresholds[method], judge)
        method = _best(mixtures)
        if options.method == AUTO:
            compared = "; ".join(f"{name} {describe(mixture.measured)}" for name, mixture in mixtures.items())
            self._listener.remark(f"calibrated by {method}, which drops least: {compared}.")
        mixture = mixtures[method]
        limit = self._limit()
        if limit is not None:
            mixture = pass_gate(program, found.thresholds[method], judge, limit, mixture, progress)
        elif mixture.measured.relative_error == float("inf"):
            raise CalibrationLimitError("the calibrated model gives answers that are not finite")
        graph = program.graph(found.thresholds[method], mixture.quantized)
        return Quantized(
            legacy.write(graph, self._folder),
            self._facts(method, mixtures, mixture, limit, judge),
            tuple(node.origin for node in graph.nodes),
        )

    def _limit(self) -> Limit | None:
        options = self._options
        if not options.gate:
            return None
        default = DEFAULT_DROP if self._judged.labels is None else DEFAULT_DROP_OF_ACCURACY
        return Limit(default if options.max_drop is None else options.max_drop)

    def _facts(
        self, method: str, mixtures: Mapping[str, Mixture], mixture: Mixture, limit: Limit | None, judge: Judge
    ) -> dict[str, Any]:
        return {
            "kind": "calibrated",
            "method": method,
            "pictures": len(self._calibration),
            "seed": self._options.seed,
            "per_channel": True,
            "max_drop": None if limit is None else limit.max_drop,
            "operators": len(mixture.quantized) + len(mixture.kept),
            "kept_fp32": [
                {"op": each.op.type, "origin": each.op.origin, "parameter": each.op.weight, "why": each.why}
                for each in mixture.kept
            ],
            "methods": {name: each.measured.to_json() for name, each in mixtures.items()},
            "measured": judge.record(mixture.measured),
        }

    def _subfolder(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder


def judged_samples(graph: Graph, meaning: Interpretation, options: Options) -> tuple[Samples, Output]:
    """What a model is judged by, with classes where they are known, and the output that is judged.

    Raises CalibrationDataError and OSError.
    """
    interface, output = Interface.of(graph), _judged_output(meaning)
    _, judged = _chosen(interface, meaning, options)
    if output.meaning == "tensor":
        return judged, output
    classes = interface.outputs[output.position].shape[1]
    root = options.validate or options.data
    if options.labels is not None:
        labelled = labels.from_list(options.labels, judged.items, (options.data, root), classes)
    else:
        labelled = labels.from_folders(judged.items, root, meaning.labels, classes)
    return Samples(tuple(labelled), judged.inputs, judged.preprocess), output


def _chosen(interface: Interface, meaning: Interpretation, options: Options) -> tuple[Samples, Samples]:
    """The samples to calibrate with and to judge by."""
    pictures = meaning.preprocess is not None
    found = samples.find(options.data, pictures=pictures)
    if options.validate is None:
        calibration, judged = samples.split(found, options.pictures, seed=options.seed, hold_out=True)
    else:
        calibration, _ = samples.split(found, options.pictures, seed=options.seed, hold_out=False)
        judged = samples.find(options.validate, pictures=pictures)
    return (
        Samples(tuple(calibration), interface.inputs, meaning.preprocess),
        Samples(tuple(judged), interface.inputs, meaning.preprocess),
    )


def _best(mixtures: Mapping[str, Mixture]) -> str:
    """The method with the smallest drop; of equal ones that with the smallest error."""

    def cost(method: str) -> tuple[float, float, float]:
        measured = mixtures[method].measured
        return measured.drop, measured.sure_drop, measured.relative_error

    return min(mixtures, key=cost)


def _judged_output(meaning: Interpretation) -> Output:
    """The first output that has classes, else the first."""
    position = next((number for number, it in enumerate(meaning.meanings) if it != "tensor"), 0)
    return Output(position, meaning.meanings[position])


def _origins(graph: Graph) -> dict[str, str]:
    """Where the first operator that reads a parameter came from, by the parameter's name."""
    origins: dict[str, str] = {}
    for node in graph.nodes:
        for value in node.all_inputs():
            if value in graph.parameters:
                origins.setdefault(value.name, node.origin)
    return origins


def _content(chosen: Samples) -> list[tuple[str, int | None]]:
    return [(sha256_file(sample.path), sample.label) for sample in chosen.items]
