"""What a run costs when the engine lives in another process: EfficientNet-Lite0, a picture in, 1000 scores out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks._measure import Ratio, compare
from benchmarks.session import make_bundle
from oarlock import Bundle


def run() -> list[Ratio]:
    """One ratio: 600 kB to the worker and 4 kB back on our side, a session in this process on the other."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = Bundle.open(make_bundle(Path(folder)))
        image = np.random.default_rng(0).normal(size=(1, 3, 224, 224)).astype(np.float32)
        with bundle.open_session("x86-fp32") as here, bundle.open_isolated_session("x86-fp32") as there:
            feed = {here.inputs[0].name: image}
            return [
                compare(
                    "isolation",
                    ("IsolatedSession.run", lambda: there.run(feed)),
                    ("Session.run", lambda: here.run(feed)),
                    pairs=60,
                    limit=1.1,
                    warmup=5,
                )
            ]
