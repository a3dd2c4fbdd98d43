"""The reference's values between the operators of the imported program."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from numpy.typing import NDArray

from oarlock_opt.importer import legacy
from oarlock_opt.reference import Options, Reference
from oarlock_opt.source import SourceFiles

__all__ = ["Answer", "Arrays", "reference_values"]

Arrays: TypeAlias = Mapping[str, NDArray[Any]]

_INT = 0  # the number of a kind of attribute


class Answer:
    """Answers feeds with the values of a graph, by name: those that were asked for, and its inputs."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    def __call__(self, feed: Arrays) -> dict[str, NDArray[Any]]:
        """Raises what Reference.run raises."""
        return {**feed, **self._reference.run(feed)}


@contextmanager
def reference_values(program: SourceFiles, names: Sequence[str], timeout: float) -> Iterator[Answer]:
    """PaddlePaddle with a legacy program whose outputs are the variables of these names; inputs among them are fed.

    Raises a ReferenceFailedError and OSError.
    """
    with tempfile.TemporaryDirectory(prefix="oarlock-layers-") as folder:
        path = Path(folder) / program.program.name
        path.write_bytes(_with_outputs(legacy.read_program(program.program), names))
        with Reference.open(SourceFiles(path, program.params), Options(device="cpu"), timeout=timeout) as reference:
            yield Answer(reference)


def _with_outputs(program: Any, names: Sequence[str]) -> bytes:
    """The program as it is but for its outputs: written anew from a graph, variables could have other names."""
    block = program.blocks[0]
    inputs = {name for op in block.ops if op.type == "feed" for slot in op.outputs for name in slot.arguments}
    kept = [op for op in block.ops if op.type != "fetch"]
    fetches = []
    for column, name in enumerate(name for name in dict.fromkeys(names) if name not in inputs):
        fetch = type(kept[0])(type="fetch")
        fetch.inputs.add(parameter="X", arguments=[name])
        fetch.outputs.add(parameter="Out", arguments=["fetch"])
        fetch.attrs.add(name="col", type=_INT, i=column)
        fetches.append(fetch)
    del block.ops[:]
    block.ops.extend([*kept, *fetches])
    return bytes(program.SerializeToString())
