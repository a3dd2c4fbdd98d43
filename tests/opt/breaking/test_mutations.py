"""Models damaged by chance: each is refused with an error of Oarlock's own, or goes through to the end; never anything
else, in bounded memory and time.

500 here, 2,000 with --full, half of them legacy, half PIR.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from oarlock import store
from oarlock_opt.errors import OptimizerError
from oarlock_opt.importer import legacy
from oarlock_opt.lite import worker
from oarlock_opt.lite.kernels import needs, require_kernels
from oarlock_opt.lite.targets import select
from oarlock_opt.source import SourceFiles
from tests.conftest import ROOT, Figure
from tests.opt.breaking.mutate import mutate

_COUNT, _COUNT_FULL = 250, 1000
_IMPORT_CODES = {
    *("OAR-SOURCE-PROGRAM", "OAR-SOURCE-GRAPH", "OAR-SOURCE-PARAMS", "OAR-SOURCE-UNSUPPORTED", "OAR-IMPORT-OP"),
    "OAR-SOURCE-NOT-FOUND",  # parameters that were in the program no longer are
}
_OPTIMIZER_CODES = {
    *("OAR-NO-KERNEL", "OAR-OPT-ABORTED", "OAR-OPT-CRASHED", "OAR-OPT-MEMORY", "OAR-OPT-TIMEOUT"),
    "OAR-OPT-OUTPUT",  # it takes sizes and names that no device would
}


@pytest.fixture(params=["legacy", "pir"])
def model(request: pytest.FixtureRequest) -> tuple[Path, Path]:
    """Program and parameters of a small classifier."""
    if request.param == "legacy":
        folder = request.getfixturevalue("models") / "digits"
        return folder / "inference.pdmodel", folder / "inference.pdiparams"
    folder = request.getfixturevalue("pir_models") / "digits"
    return folder / "inference.json", folder / "inference.pdiparams"


def test_damaged_models(
    model: tuple[Path, Path], engine: Path, tmp_path: Path, figure: Figure, pytestconfig: pytest.Config
) -> None:
    count = _COUNT_FULL if pytestconfig.getoption("--full") else _COUNT
    answers = _import(model, count, tmp_path)
    assert [answer["seed"] for answer in answers] == list(range(count))
    assert not [answer for answer in answers if "traceback" in answer]
    codes = Counter(answer["code"] for answer in answers)
    taken = codes.pop(None)
    assert set(codes) <= _IMPORT_CODES, codes
    # Damage of all kinds: some is seen at once, some only in what the file says, some not at all.
    assert codes["OAR-SOURCE-PROGRAM"] > count // 4
    assert codes["OAR-SOURCE-PARAMS"] > count // 10
    assert codes["OAR-SOURCE-GRAPH"] > count // 50
    assert taken > count // 20
    for answer in answers:
        assert len(answer.get("message", "")) < 3000, answer
        assert answer["seconds"] < 10, answer

    ends = Counter(_optimize(tmp_path / str(answer["seed"])) for answer in answers if answer["code"] is None)
    assert set(ends) <= {*_OPTIMIZER_CODES, "made"}, ends
    assert ends["made"] > taken // 4

    kind = model[0].suffix
    figure(f"damaged {kind} models: of {count} refused on import, share", (count - taken) / count)
    figure(f"damaged {kind} models: longest import, ms", max(answer["seconds"] for answer in answers) * 1000)
    figure(f"damaged {kind} models: of {taken} taken, made by the optimiser", ends["made"])


def test_damage_is_a_matter_of_the_seed(model: tuple[Path, Path]) -> None:
    for path in model:
        damaged = [mutate(path, seed) for seed in range(40)]
        assert damaged == [mutate(path, seed) for seed in range(40)]
        assert len(set(damaged)) > 30


def _import(model: tuple[Path, Path], count: int, folder: Path) -> list[dict[str, Any]]:
    """What a process with 1 GiB of address space makes of the damaged models."""
    command = [sys.executable, "-m", "tests.opt.breaking.importing", *map(str, model), "0", str(count), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def _optimize(folder: Path) -> str:
    """How the optimiser ends with a model that was imported: "made", or the code of the error."""
    limited = folder / "limited-worker"
    limited.write_text(f'#!/bin/sh\nulimit -v 4000000\nexec {worker.worker_program()} "$@"\n')
    limited.chmod(0o755)
    variants, _ = select(["arm64"], ["fp32"])
    # What is the same is not copied.
    own, source = folder / "model.pdiparams", folder.with_name(f"{folder.name}-source") / "inference.pdiparams"
    files = SourceFiles(folder / "model.pdmodel", own if own.is_file() else source)
    work = folder / "work"
    work.mkdir()
    try:
        require_kernels(needs(legacy.read(files)), variants, "2.12")
        assert files.params is not None
        engine = store.find("x86")
        worker.optimize(files.program, files.params, variants, engine=engine, folder=work, timeout=30, program=limited)
    except OptimizerError as error:
        return error.code
    return "made"
