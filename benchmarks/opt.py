"""``oarlock opt`` beside Paddle Lite's own program, beside itself with a cache, and what importing a large model takes.

The other side is ``paddle_lite_opt`` of the same library where there is a Python 3.7, which is what its wheel is for;
else the library called directly by Oarlock's worker program, which has no interpreter to start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks._measure import Ratio, compare
from benchmarks._oarlock import OARLOCK
from oarlock import store
from oarlock._catalog import INTERFACES
from oarlock_opt.lite import worker
from oarlock_opt.lite.targets import select

_VARIANTS = ("fp32", "fp16", "int8w", "int16w")

# What the script paddle_lite_opt does with its options.
_PADDLE_LITE_OPT = """
import sys
import paddlelite.lite as lite

program, params, output, precision = sys.argv[1:]
opt = lite.Opt()
opt.set_model_file(program)
opt.set_param_file(params)
opt.set_model_type("naive_buffer")
opt.set_optimize_out(output)
if precision == "fp16":
    opt.enable_fp16()
opt.set_valid_places("arm")
if precision.endswith("w"):
    opt.set_quant_model(True)
    opt.set_quant_type("QUANT_" + precision[:-1].upper())
opt.run()
"""

_EXPORT_PIR = """
import sys
import paddle
from oarlock_opt import zoo

network = zoo.get(sys.argv[1]).build()
network.eval()
spec = [paddle.static.InputSpec([None, 3, 224, 224], "float32", name="x")]
paddle.jit.save(paddle.jit.to_static(network, input_spec=spec, full_graph=True), sys.argv[2])
"""

# Seconds of the import alone, and the most memory that the process had.
_IMPORT = """
import resource, sys, time
from pathlib import Path
from oarlock_opt.cache import Cache
from oarlock_opt.imported import import_model
from oarlock_opt.source import find_files

start = time.perf_counter()
import_model(find_files(Path(sys.argv[1])), None, lite_version="2.12", folder=Path(sys.argv[2]), cache=Cache.none())
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def run() -> list[Ratio]:
    """Six ratios: one variant, four variants, a second run twice, and time and memory of an import."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "dpn68"
        _quietly([OARLOCK, "export", "DPN68", "--weights", "random", "-o", str(source)])
        baseline = _Baseline(folder, source)
        return [
            compare(
                "opt, one variant",
                ("oarlock opt", _opt(source, folder, "fp32", cache=False)),
                (baseline.name, baseline.run("fp32")),
                pairs=11,
                limit=1.3,
            ),
            compare(
                "opt, four variants",
                ("oarlock opt", _opt(source, folder, ",".join(_VARIANTS), cache=False)),
                (f"four times {baseline.name}", lambda: [baseline.run(each)() for each in _VARIANTS]),
                pairs=5,
                limit=0.65,
                warmup=1,
            ),
            compare(
                "opt, the second run",
                ("oarlock opt", _opt(source, folder, "fp32", cache=True)),
                ("oarlock opt --no-cache", _opt(source, folder, "fp32", cache=False)),
                pairs=11,
                limit=0.5,
            ),
            compare(
                "opt, the second run against theirs",
                ("oarlock opt", _opt(source, folder, "fp32", cache=True)),
                (baseline.name, baseline.run("fp32")),
                pairs=11,
                limit=0.5,
            ),
            *_imports(folder),
        ]


def _quietly(command: Sequence[str], stdin: str = "", **environment: str) -> None:
    variables = {**os.environ, **environment}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)  # an installation is compiled
    output = subprocess.DEVNULL
    subprocess.run(command, input=stdin, text=True, env=variables, check=True, stdout=output, stderr=output)


def _opt(source: Path, folder: Path, precisions: str, *, cache: bool) -> Callable[[], object]:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    if not (home / "lite").exists():
        (home / "lite").symlink_to(store.home() / "lite")
    command = [OARLOCK, "opt", str(source), "-o", str(folder / "dpn68.oar"), "--target", "arm64", "--no-golden"]
    command += ["--precision", precisions, *([] if cache else ["--no-cache"])]
    return lambda: _quietly(command, OARLOCK_HOME=str(home))


class _Baseline:
    """Paddle Lite's optimiser without Oarlock's Python around it."""

    def __init__(self, folder: Path, source: Path) -> None:
        self._folder = folder
        self._files = [str(source / f"inference.{suffix}") for suffix in ("pdmodel", "pdiparams")]
        self._engine = store.find("x86")
        self._python = _python37(self._engine, folder)
        self.name = "paddle_lite_opt" if self._python is not None else "the library called directly"

    def run(self, precision: str) -> Callable[[], object]:
        command = self._paddle_lite_opt(precision) if self._python is not None else self._worker(precision)
        stdin = "".join(f"{path}\0" for path in self._files)
        return lambda: _quietly(command, stdin, PYTHONPATH=str(self._folder))

    def _paddle_lite_opt(self, precision: str) -> list[str]:
        return [str(self._python), "-c", _PADDLE_LITE_OPT, *self._files, str(self._folder / "theirs"), precision]

    def _worker(self, precision: str) -> list[str]:
        ((variant,), _) = select(["arm64"], [precision])
        places = ",".join("/".join(map(str, place)) for place in variant.recipe.places)
        interface = INTERFACES[self._engine.version]
        return [
            *(str(worker.worker_program()), "--engine", str(self._engine.library)),
            *("--layout", interface.layout, "--version", interface.reported),
            *("--output", str(self._folder / "theirs"), "--places", places),
            *(["--weight-bits", str(variant.recipe.weight_bits)] if variant.recipe.weight_bits else []),
        ]


def _python37(engine: store.Engine, folder: Path) -> str | None:
    """A Python that can import the library as the package paddlelite in ``folder``; None where there is none."""
    package = folder / "paddlelite"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in ("lite.so", "libs"):
        (package / name).symlink_to(engine.library.parent / name)
    candidates = [shutil.which("python3.7"), *map(str, Path.home().glob(".pyenv/versions/3.7.*/bin/python"))]
    for python in filter(None, candidates):
        done = subprocess.run(
            [python, "-c", "import paddlelite.lite"],
            env={**os.environ, "PYTHONPATH": str(folder)},
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return python
    return None


def _imports(folder: Path) -> list[Ratio]:
    model, work = folder / "dpn131" / "inference", folder / "work"
    _python(["-c", _EXPORT_PIR, "DPN131", str(model)])
    samples = []
    for _ in range(3):
        work.mkdir()
        seconds, kilobytes = map(float, _python(["-c", _IMPORT, str(model.parent), str(work)]).split())
        samples.append((seconds, kilobytes))
        shutil.rmtree(work)
    seconds = min(seconds for seconds, _ in samples)
    megabytes = max(kilobytes for _, kilobytes in samples) / 1000
    size = model.with_suffix(".pdiparams").stat().st_size / 1e6
    return [
        Ratio("import of DPN131 from PIR", "import_model", "two seconds", seconds * 1000, 2000, seconds / 2, 1.0),
        Ratio("memory of that import", "the process", "its parameters", megabytes, size, megabytes / size, 2.0, "MB"),
    ]


def _python(arguments: Sequence[str]) -> str:
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    return done.stdout
