"""What ``Session.run`` costs over the engine's own Run, in one process and on one model, EfficientNet-Lite0."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks._measure import Ratio, compare
from oarlock import Bundle

_ROOT = Path(__file__).parent.parent
_LIBRARY = _ROOT / "build" / "host" / "native" / "liboarlock_bare_engine.so"
_SHAPE = (1, 3, 224, 224)


def run() -> list[Ratio]:
    """One ratio: checks, copies and ctypes on our side, nothing but Run on the other."""
    subprocess.run([_ROOT / "build.sh", "native", "host"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        bundle = Bundle.open(make_bundle(Path(folder)))
        image = np.random.default_rng(0).normal(size=_SHAPE).astype(np.float32)
        variant = next(v for v in bundle.data["variants"] if v["id"] == "x86-fp32")
        with bundle.open_session("x86-fp32") as session:
            feed = {session.inputs[0].name: image}
            bare = _Bare(bundle.path / variant["file"], image)
            try:
                return [
                    compare(
                        "session",
                        ("Session.run", lambda: session.run(feed)),
                        ("the engine's Run", bare.run),
                        pairs=60,
                        limit=1.02,
                        warmup=5,
                    )
                ]
            finally:
                bare.close()


def make_bundle(folder: Path) -> Path:
    bundle = folder / "lite0.oar"
    command = ["opt", "EfficientNetLite0", "--weights", "random", "--target", "x86", "--no-golden", "-o", str(bundle)]
    subprocess.run([Path(sys.executable).with_name("oarlock"), *command], check=True, stdout=subprocess.DEVNULL)
    return bundle


class _Bare:
    """benchmarks/bare_engine.cc; the engine must be in the process already."""

    def __init__(self, model: Path, image: np.ndarray) -> None:
        self._library = ctypes.CDLL(str(_LIBRARY))
        self._library.bare_open.restype = ctypes.c_void_p
        self._handle = ctypes.c_void_p(self._library.bare_open(str(model).encode()))
        dims = (ctypes.c_int64 * image.ndim)(*image.shape)
        self._library.bare_set_input(self._handle, dims, image.ndim, image.ctypes.data_as(ctypes.c_void_p))

    def run(self) -> None:
        self._library.bare_run(self._handle)

    def close(self) -> None:
        self._library.bare_close(self._handle)
