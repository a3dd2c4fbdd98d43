"""Which layer leaves the reference: every operator of a .nb file against PaddlePaddle's value of the same variable.

    report = compare_layers(path, model, variant, feeds)
    print(report.sentence)

The file itself runs, with the kernels and the fused operators that it has: only the names of its variables and what it
gives out are changed. Which value of the source a variable is, is proved (``_mapping``) on a twin of the file, the
source optimised once more. Each operator is measured twice: as the file runs, and by itself, reading the reference's
values, so that errors that add up are told from the one operator that makes them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from oarlock.isolated import IsolatedSession
from oarlock_opt.imported import Imported
from oarlock_opt.layers._findings import LIMITS, Layer, LayerReport, Limits, first_leaving
from oarlock_opt.layers._nb_program import Op
from oarlock_opt.layers._reference import Arrays
from oarlock_opt.layers._saved import save
from oarlock_opt.layers._sentence import sentence
from oarlock_opt.layers._subject import LayerSubject
from oarlock_opt.layers._walk import Open, Run, Seen, Walk
from oarlock_opt.lite.targets import Variant

__all__ = ["LIMITS", "Layer", "LayerReport", "Limits", "Open", "Run", "compare_layers", "on_host"]


@contextmanager
def on_host(path: Path) -> Iterator[Run]:
    """Run a file on this machine, in a process of its own."""
    with IsolatedSession(path) as session:
        yield session.run


def compare_layers(
    path: Path,
    model: Imported,
    variant: Variant,
    feeds: Sequence[Arrays],
    *,
    limits: Limits | None = None,
    save_to: Path | None = None,
    open_: Open = on_host,
    timeout: float = 600.0,
) -> LayerReport:
    """Compare every operator of a .nb file with the source, for each of the ``feeds``.

    ``model`` is the source as it was imported, and ``variant`` what was made of it; the file may be of a source that
    was changed since, or damaged since: that is what is looked for. ``limits`` are LIMITS of the variant's precision
    unless given. ``save_to`` is a folder that is made and gets what reproduces the first operator that leaves the
    reference (``_saved.save``). ``open_`` runs files elsewhere than here. ``timeout`` is in seconds, for the optimiser
    and for each answer of the reference. Arrays are held for some 256 MB of results at a time, and of one feed.

    Raises ModelError, EngineError, OptimizerError, ReferenceFailedError, InvalidArgumentError and OSError.
    """
    limits = limits or LIMITS[variant.precision]
    with tempfile.TemporaryDirectory(prefix="oarlock-layers-") as folder:
        twin = Path(folder) / "twin"
        twin.mkdir()
        subject = LayerSubject(path, model, variant, twin, timeout)
        walk = Walk(subject, model.program, open_, Path(folder), timeout)
        seen = walk.measure(feeds)
        layers = {_layer(subject, seen, op): op for op in subject.program.ops}
        first = first_leaving([*layers], limits)
        if first is not None and save_to is not None:
            op = layers[first]
            save_to.mkdir(parents=True, exist_ok=True)
            [arrived] = walk.arrays([op], [feeds[seen.worst[op][1]]])
            save(subject, op, first, arrived, save_to)
    return LayerReport(
        tuple(layers),
        limits,
        None if first is None else first.index,
        sentence([*layers], first, limits),
        None if first is None else save_to,
    )


def _layer(subject: LayerSubject, seen: Seen, op: Op) -> Layer:
    found = {name: seen.found[name] for name in op.results if name in seen.found}
    own = {name: seen.own[name] for name in op.results if name in seen.own}
    measured = own or found
    worst = max(measured, key=lambda name: measured[name].badness, default="")
    read = [seen.found.get(name) for name in subject.program.variables_of(op) if name not in subject.program.inputs]
    badness = [each.badness for each in read if each is not None]
    return Layer(
        op.number,
        op.type,
        op.kernel,
        subject.values[worst].name if worst else "",
        subject.origin(op),
        found.get(worst),
        own.get(worst),
        max(badness, default=0.0) if len(badness) == len(read) else None,
        "" if found else subject.remark,
        subject.changes.get(op, ()),
    )
