from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from oarlock_opt import zoo
from oarlock_opt.zoo.random_state import MAX_SEED, random_state

SHAPES = {
    "conv.weight": (8, 4, 3, 3),
    "bn.weight": (8,),
    "bn.bias": (8,),
    "bn._mean": (8,),
    "bn._variance": (8,),
    "out.weight": (8, 5),
    "out.bias": (5,),
}


def digest(state: dict[str, Any]) -> str:
    return hashlib.sha256(b"".join(state[name].tobytes() for name in sorted(state))).hexdigest()


def test_a_seed_gives_the_same_bytes_for_ever() -> None:
    assert digest(random_state(SHAPES, 0)) == "86369c7c5c19acc9b1b138d986a97880793521f97e2d0ace34307801552f84b7"
    assert digest(random_state(SHAPES, 0)) == digest(random_state(dict(reversed(SHAPES.items())), 0))
    seeds = {digest(random_state(SHAPES, seed)) for seed in (0, 1, MAX_SEED)}
    assert len(seeds) == 3


def test_ranges() -> None:
    state = random_state(SHAPES, 3)
    assert {name: value.shape for name, value in state.items()} == SHAPES
    assert all(value.dtype == np.float32 for value in state.values())
    assert 0.5 < state["bn._variance"].min() < state["bn._variance"].max() < 1.5
    assert state["conv.weight"].var() == pytest.approx(2 / (4 * 3 * 3), rel=0.1)
    assert np.unique(state["bn._mean"]).size == 8


def test_residual_kernels_are_made_small() -> None:
    names = {f"{index}.weight": (4, 4, 1, 1) for index in range(9)}
    plain, residual = random_state(names, 0), random_state(names, 0, residual=names)
    for name in names:
        np.testing.assert_allclose(residual[name], plain[name] / 3, rtol=1e-6)


@pytest.mark.parametrize(
    "name",
    [
        "DPN68",
        "EfficientNet-Lite0",
        *(pytest.param(name, marks=pytest.mark.full) for name in ("DPN131", "EfficientNet-Lite2")),
    ],
)
def test_signals_keep_their_size(name: str) -> None:
    import paddle

    entry = zoo.get(name)
    network = entry.build()
    network.eval()
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    network.set_state_dict(random_state(shapes, 0, network.residual_kernels()))
    deviations = []

    def record(layer: Any, inputs: Any, output: Any) -> None:
        deviations.append(float(output.std()))

    for layer in network.sublayers():
        if isinstance(layer, paddle.nn.Conv2D):
            layer.register_forward_post_hook(record)
    pictures = np.random.RandomState(0).standard_normal((2, *entry.input_shape[1:])).astype(np.float32)
    pictures[1] = np.sort(pictures[1], axis=1)  # stripes, so that the two differ by more than noise
    with paddle.no_grad():
        logits = network(paddle.to_tensor(pictures)).numpy()
    assert 0.1 < min(deviations) < max(deviations) < 10
    assert 0.3 < logits.std(axis=1).min() < logits.std(axis=1).max() < 10
    assert np.abs(logits[0] - logits[1]).max() > 0.05 * np.abs(logits).max()
