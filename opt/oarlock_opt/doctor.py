"""What ``oarlock doctor`` says of this distribution, by docs/schema/doctor.schema.json.

The engine's library is checked by the runtime, which needs it too.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Mapping, Sequence

from oarlock import store
from oarlock._checks import Check, check, installed, pip_install, reinstall
from oarlock._diagnosis import Findings
from oarlock_opt._children import run_child
from oarlock_opt.devices.programs import CLASSIFY, PRESETS
from oarlock_opt.errors import OptimizerUnavailableError
from oarlock_opt.lite.targets import PRECISIONS, TARGETS, select
from oarlock_opt.lite.worker import worker_program

__all__ = ["findings"]

_USAGE_ERROR = 2  # what the worker's program answers when it is given nothing to do
_SECONDS = 20.0
_BOARDS = ("arm64", "armv7")


def findings() -> Findings:
    """The checks of oarlock-opt and the variants it makes; PaddlePaddle is not imported."""
    optimizer, paddle = _optimizer(), _paddle()
    builds = _builds(calibrated=bool(paddle["ok"])) if optimizer["ok"] else {}
    return {"checks": [optimizer, paddle, *map(_classify, _BOARDS)], "builds": builds}


def _classify(target: str) -> Check:
    program = store.home() / "programs" / target / CLASSIFY
    found = str(program) if program.is_file() else None
    fix = f"./build.sh native {PRESETS[target]}"
    return check("elsewhere", f"{CLASSIFY} {target}", found, f"runs bundles on {target}", fix)


def _optimizer() -> Check:
    purpose, fix = "runs Paddle Lite's optimiser", reinstall("oarlock-opt")
    try:
        program = str(worker_program())
    except OptimizerUnavailableError:
        return check("make", "optimiser", None, purpose, fix)
    try:
        works = run_child([program], timeout=_SECONDS).status == _USAGE_ERROR
    except OSError:
        works = False
    return check("make", "optimiser", program if works else f"{program} does not run", purpose, fix, ok=works)


def _paddle() -> Check:
    found = next(filter(None, map(installed, ("paddlepaddle", "paddlepaddle-gpu"))), None)
    return check(
        "make", "PaddlePaddle", found, "exports the zoo, records goldens, calibrates int8", pip_install(*_reference())
    )


def _reference() -> Sequence[str]:
    """What the extra "reference" asks for."""
    wanted = importlib.metadata.requires("oarlock-opt") or ()
    return [it.partition(";")[0].strip() for it in wanted if re.search(r"extra\s*==\s*.reference", it)]


def _builds(*, calibrated: bool) -> Mapping[str, Sequence[str]]:
    made, _ = select(TARGETS, PRECISIONS, calibrated=calibrated)
    return {target: [it.precision for it in made if it.target == target] for target in TARGETS}
