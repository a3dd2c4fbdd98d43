"""docs/coverage.md."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import oarlock
from tests.coverage.trial import BATCHES, TARGETS, Trial

__all__ = ["page"]

_HEAD = """\
# Coverage

Architectures that came through Oarlock {version}, as PaddlePaddle {paddle} writes them with random weights, in both of
its formats. Each was made a bundle by `oarlock opt` for {targets}, run by Paddle Lite 2.12 for x86 at batch {batches},
and compared with PaddlePaddle's own inference: the error is the largest |difference| over the largest |answer|. A row
is right when every target takes the model, the error is at most {limit:g}, and `oarlock verify` over {pictures}
photographs, in which preprocessing has its part, finds nothing above its limits and PaddlePaddle's first place on each.
No ARM device ran it here: "taken" says that the optimiser accepted the model for the target.

`python -m tests.coverage.run --write docs/coverage.md` makes this page, in about {minutes} minutes on two cores.

{passed} of {count} are right.

"Last bit" is how far PaddlePaddle's own answers move when every element of the input moves by its last bit: where
random weights make a network that sensitive, no two implementations agree better. It is measured where the error is
above 1e-6.

| architecture | format | x86 | arm64 | armv7 | batch 1 | batch 3 | last bit | first place | \
verify | first place | repairs |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
_MINUTES = 30


def page(trials: Sequence[Trial], limit: float) -> str:
    """The page, as Markdown."""
    written = [trial for trial in trials if not trial.exported]
    head = _HEAD.format(
        version=oarlock.__version__,
        paddle=version("paddlepaddle"),
        targets=", ".join(TARGETS),
        batches=" and ".join(map(str, BATCHES)),
        limit=limit,
        pictures=max((trial.verified.pictures for trial in written if trial.verified), default=0),
        minutes=_MINUTES,
        passed=sum(trial.passed(limit) for trial in written),
        count=len(written),
    )
    rows = "".join(_row(trial) for trial in written)
    unwritten = [trial for trial in trials if trial.exported]
    if not unwritten:
        return head + rows
    lines = "".join(f"- {trial.name}, {trial.form}: {trial.exported}\n" for trial in unwritten)
    return f"{head}{rows}\n## What PaddlePaddle itself could not write or run\n{lines}"


def _row(trial: Trial) -> str:
    taken = [trial.failures.get(target, "taken") for target in TARGETS]
    errors = [f"{trial.errors[batch]:.1e}" if batch in trial.errors else "-" for batch in BATCHES]
    own = "-" if trial.sensitivity is None else f"{trial.sensitivity:.1e}"
    place = "equal" if trial.first_place else "differs"
    verified = ["-", "-"]
    if trial.verified is not None:
        verified = [f"{trial.verified.error:.1e}", f"{trial.verified.agreement:.0%}"]
    repairs = ", ".join(f"{name} {count}" for name, count in trial.repairs.items())
    return f"| {' | '.join([trial.name, trial.form, *taken, *errors, own, place, *verified, repairs])} |\n"
