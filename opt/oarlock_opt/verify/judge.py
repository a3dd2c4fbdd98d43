"""The reference for pictures: PaddlePaddle with the model that a bundle was made from."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock import Bundle
from oarlock._preprocess_spec import PreprocessSpec
from oarlock_opt.bundle_source import export_again, is_source
from oarlock_opt.cache import Cache
from oarlock_opt.interface import Interface
from oarlock_opt.preprocessing import interpret
from oarlock_opt.reference import Options, Reference, named
from oarlock_opt.source import SourceFiles, find_files, read_graph

__all__ = ["Judge", "find_source", "open_judge"]


@dataclass(frozen=True)
class Judge:
    """The reference, and the preprocessing that its model came with."""

    reference: Reference
    interface: Interface
    spec: PreprocessSpec

    def run(self, tensor: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
        """The outputs for one picture's tensor, by the bundle's names, with a batch of what the model wants.

        Raises OarlockError.
        """
        (only,) = self.interface.inputs
        batch = np.repeat(tensor[np.newaxis], max(only.shape[0], 1), axis=0)
        return named(self.reference.run({only.name: batch}), self.interface)

    @property
    def facts(self) -> dict[str, Any]:
        """What answers, by docs/schema/verify.schema.json."""
        return asdict(self.reference.facts)


@contextmanager
def find_source(
    bundle: Bundle, source: Path | None, cache: Cache, remark: Callable[[str], None]
) -> Iterator[SourceFiles]:
    """The model of a bundle while the context lasts: at the path given, or exported again from the zoo.

    Raises SourceError and what the zoo's export raises.
    """
    if source is not None:
        files = find_files(source)
        if not is_source(bundle, files):
            remark(f"{files.program} is another model than the one that {bundle.path} was made from.")
        yield files
        return
    with tempfile.TemporaryDirectory(prefix="oarlock-verify-") as folder:
        yield export_again(bundle, Path(folder) / "export", cache, advice="give it with --reference MODEL")


@contextmanager
def open_judge(
    bundle: Bundle,
    files: SourceFiles,
    *,
    preprocess: str | None,
    options: Options,
    timeout: float,
    remark: Callable[[str], None],
) -> Iterator[Judge]:
    """Open the reference. ``preprocess`` is the one it is to have, as ``oarlock opt --preprocess`` takes it.

    Without it, the reference has what lies beside the model, else what the bundle says. Raises SourceError,
    PreprocessingError, and what Reference.open raises.
    """
    interface = Interface.of(read_graph(files))
    spec = bundle.preprocess
    assert spec is not None
    beside = preprocess is not None or any(
        (files.folder / name).is_file() for name in ("preprocess.json", "inference.yml")
    )
    if beside:
        spec = interpret(interface, files.folder, preprocess=preprocess, labels="none").preprocess or spec
    with Reference.open(files, options, timeout=timeout) as reference:
        facts = reference.facts
        remark(f"PaddlePaddle {facts.version} is the reference, on {facts.device}.")
        yield Judge(reference, interface, spec)
