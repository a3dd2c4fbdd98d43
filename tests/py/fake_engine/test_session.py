"""Session: arrays in, arrays out, and every way in which that can go wrong."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock import _core
from oarlock._engine import engine_version
from oarlock.errors import (
    BadDtypeError,
    BadModelError,
    BadShapeError,
    ClosedError,
    EngineConflictError,
    EngineFailedError,
    EngineNotInstalledError,
    InvalidArgumentError,
    NotFoundError,
    OarlockError,
    VersionMismatchError,
    WrongTargetError,
)
from oarlock.session import OutputSpec, Session, TensorSpec

from ..helpers import Build, fake_scores


def _image(batch: int = 1, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(batch, 3, 8, 8)).astype(np.float32)


@pytest.fixture
def session(model: Path) -> Session:
    return Session(model)


class TestRun:
    @pytest.mark.parametrize("batch", [1, 3])
    def test_free_batch(self, session: Session, batch: int) -> None:
        [(name, scores)] = session.run({"x": _image(batch)}).items()
        assert name == "y"
        assert scores.dtype == np.float32
        np.testing.assert_array_equal(scores, fake_scores(_image(batch)))

    def test_specifications(self, session: Session) -> None:
        assert session.inputs == (TensorSpec("x", (-1, 3, 8, 8), "float32"),)
        assert session.outputs == (OutputSpec("y", None, None),)
        session.run({"x": _image(2)})
        assert session.outputs == (OutputSpec("y", (2, 10), "float32"),)

    def test_several_inputs_and_outputs(self, build: Build, tmp_path: Path) -> None:
        options = [
            "--input",
            "a:float32:-1,4",
            "--input",
            "b:int64:-1,3",
            "--output",
            "p:-1,10",
            "--output",
            "q:-1,2,5",
        ]
        with Session(build.make_nb(tmp_path / "two.nb", *options)) as session:
            feeds: dict[str, NDArray[Any]] = {
                "b": np.arange(6, dtype=np.int64).reshape(2, 3),
                "a": np.ones((2, 4), np.float32),
            }
            outputs = session.run(feeds)
            expected = fake_scores(feeds["a"], feeds["b"])
        assert list(outputs) == ["p", "q"]
        np.testing.assert_array_equal(outputs["p"], expected)
        np.testing.assert_array_equal(outputs["q"], expected.reshape(2, 2, 5))

    def test_outputs_are_new_arrays(self, session: Session) -> None:
        first = session.run({"x": _image(seed=1)})["y"]
        kept = first.copy()
        session.run({"x": _image(seed=2)})
        session.close()
        np.testing.assert_array_equal(first, kept)
        assert first.flags.owndata
        assert first.flags.writeable

    @pytest.mark.parametrize(
        "view",
        [
            lambda it: it[:, ::-1],
            lambda it: np.asfortranarray(it),
            lambda it: np.repeat(it, 2, axis=3)[..., ::2],
            lambda it: np.broadcast_to(it[:, :1], it.shape),
        ],
    )
    def test_arrays_that_are_not_contiguous(self, session: Session, view: Any) -> None:
        image = view(_image(2))
        assert not image.flags.c_contiguous
        np.testing.assert_array_equal(session.run({"x": image})["y"], fake_scores(np.ascontiguousarray(image)))

    def test_arrays_that_cannot_be_written(self, session: Session) -> None:
        image = _image()
        image.flags.writeable = False
        np.testing.assert_array_equal(session.run({"x": image})["y"], fake_scores(image))

    def test_time_of_the_engine(self, session: Session) -> None:
        assert session.last_run_seconds == 0
        session.run({"x": _image()})
        assert 0 < session.last_run_seconds < 10


class TestRefusedFeeds:
    @pytest.mark.parametrize(
        ("feeds", "sentence"),
        [
            ({}, r"was given nothing, expected exactly the model's inputs: 'x'"),
            ({"y": 0}, r"was given 'y', expected exactly the model's inputs: 'x'"),
            ({"x": 0, "y": 0}, r"was given 'x', 'y', expected exactly the model's inputs: 'x'"),
        ],
    )
    def test_names(self, session: Session, feeds: Any, sentence: str) -> None:
        with pytest.raises(NotFoundError, match=sentence):
            session.run(feeds)

    @pytest.mark.parametrize(
        ("dtype", "found"),
        [("uint8", "uint8"), ("float64", "float64"), ("int64", "int64"), (">f4", ">f4"), ("O", "object")],
    )
    def test_dtype(self, session: Session, dtype: str, found: str) -> None:
        with pytest.raises(BadDtypeError, match=rf"input 'x' .*{found}, expected .*float32"):
            session.run({"x": np.zeros((1, 3, 8, 8), dtype)})

    @pytest.mark.parametrize("value", [[[1.0]], 3, None])
    def test_no_array(self, session: Session, value: Any) -> None:
        with pytest.raises(
            BadDtypeError, match=f"input 'x' is a {type(value).__name__}, expected a numpy array of float32"
        ):
            session.run({"x": value})

    @pytest.mark.parametrize(
        "shape", [(), (3, 8, 8), (1, 3, 8, 9), (1, 8, 8, 3), (0, 3, 8, 8), (1, 3, 8, 8, 1), (1,) * 8, (1,) * 9]
    )
    def test_shape(self, session: Session, shape: tuple[int, ...]) -> None:
        with pytest.raises(BadShapeError, match=r"input 'x' .*expected (\(any, 3, 8, 8\)|at most 8 dimensions)"):
            session.run({"x": np.zeros(shape, np.float32)})

    def test_a_refusal_harms_nothing(self, session: Session) -> None:
        with pytest.raises(BadShapeError):
            session.run({"x": np.zeros((1, 3, 9, 9), np.float32)})
        np.testing.assert_array_equal(session.run({"x": _image()})["y"], fake_scores(_image()))


class TestFailures:
    @pytest.mark.parametrize("marker", ["fake_throw_create", "fake_null_create", "fake_names"])
    def test_when_opened(self, build: Build, tmp_path: Path, marker: str) -> None:
        path = build.make_nb(tmp_path / "model.nb", "--marker", marker)
        with pytest.raises(EngineFailedError, match=str(path)):
            Session(path)

    @pytest.mark.parametrize("marker", ["fake_throw_run", "fake_throw_odd_run"])
    def test_when_run(self, build: Build, tmp_path: Path, marker: str) -> None:
        session = Session(build.make_nb(tmp_path / "model.nb", "--marker", marker))
        with pytest.raises(EngineFailedError):
            session.run({"x": _image()})
        session.close()

    def test_nan_is_a_value_here(self, build: Build, tmp_path: Path) -> None:
        session = Session(build.make_nb(tmp_path / "model.nb", "--marker", "fake_nan"))
        assert np.isnan(session.run({"x": _image()})["y"]).all()

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            (("--target", "arm"), WrongTargetError),
            (("--version", "v2.9"), VersionMismatchError),
            (("--version", "v2.13rc0"), VersionMismatchError),
        ],
    )
    def test_models_of_others(
        self, build: Build, engine: Path, tmp_path: Path, options: tuple[str, ...], error: type[OarlockError]
    ) -> None:
        path = build.make_nb(tmp_path / "model.nb", *options)
        with pytest.raises(error, match=str(path)):
            Session(path, engine=engine)

    def test_version_that_nobody_offers(self, build: Build, tmp_path: Path) -> None:
        path = build.make_nb(tmp_path / "model.nb", "--version", "v2.9")
        with pytest.raises(
            VersionMismatchError, match=r"made for Paddle Lite 2\.9, expected .*2\.12 or .*: make it again with"
        ):
            Session(path)

    def test_no_model(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match=r"nowhere\.nb"):
            Session(tmp_path / "nowhere.nb")
        (tmp_path / "text.nb").write_text("text")
        with pytest.raises(BadModelError, match=r"text\.nb"):
            Session(tmp_path / "text.nb")

    @pytest.mark.parametrize("threads", [0, 65, -1])
    def test_threads(self, model: Path, threads: int) -> None:
        with pytest.raises(InvalidArgumentError, match=f"threads is {threads}, expected 1 to 64"):
            Session(model, threads=threads)

    def test_power(self, model: Path) -> None:
        with pytest.raises(InvalidArgumentError, match="power is 'fast', expected one of: high, low, full, no_bind"):
            Session(model, power="fast")  # type: ignore[arg-type]


class TestEngine:
    def test_every_option(self, model: Path, engine: Path) -> None:
        for power in ("high", "low", "full", "no_bind", "rand_high", "rand_low"):
            with Session(model, threads=2, power=power, engine=engine) as session:
                np.testing.assert_array_equal(session.run({"x": _image()})["y"], fake_scores(_image()))

    def test_version(self, engine: Path) -> None:
        assert engine_version(engine) == "2.12"

    def test_another_file_in_this_process(self, model: Path, engine: Path, build: Build) -> None:
        Session(model, engine=engine)
        with pytest.raises(EngineConflictError) as caught:
            Session(model, engine=build.fake_engine)
        assert str(engine) in str(caught.value)
        assert str(build.fake_engine) in str(caught.value)

    def test_no_engine_there(self, model: Path, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match=r"lite\.so"):
            Session(model, engine=tmp_path / "lite.so")

    def test_not_installed(self, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OARLOCK_HOME", str(tmp_path))
        with pytest.raises(EngineNotInstalledError, match="run `oarlock lite install`"):
            Session(model)


class TestMemory:
    def test_from_bytes(self, model: Path) -> None:
        data = bytearray(model.read_bytes())
        with Session.from_bytes(bytes(data), name="downloaded") as session:
            np.testing.assert_array_equal(session.run({"x": _image()})["y"], fake_scores(_image()))

    def test_messages_use_the_name(self, model: Path) -> None:
        with pytest.raises(BadModelError, match=r"^downloaded: "):
            Session.from_bytes(model.read_bytes()[:-1], name="downloaded")


class TestClosing:
    def test_twice(self, session: Session) -> None:
        session.close()
        session.close()

    def test_use_after_close(self, session: Session) -> None:
        with session:
            pass
        with pytest.raises(ClosedError, match="the session is closed"):
            session.run({"x": _image()})
        with pytest.raises(ClosedError):
            _ = session.outputs
        assert session.inputs

    def test_the_garbage_collector_closes(self, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        closed: list[int | None] = []
        close = _core.library().oar_session_close

        def spy(handle: Any) -> None:
            closed.append(handle.value)
            close(handle)

        monkeypatch.setattr(_core.library(), "oar_session_close", spy)
        session = Session(model)
        expected = session._handle.value
        assert closed == []
        del session
        gc.collect()
        assert closed == [expected]

    def test_close_waits_for_a_run(self, session: Session) -> None:
        stop = threading.Event()
        errors: list[Exception] = []

        def work() -> None:
            try:
                while not stop.is_set():
                    session.run({"x": _image()})
            except ClosedError:
                pass
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        session.close()
        stop.set()
        for thread in threads:
            thread.join()
        assert errors == []


class TestThreads:
    def test_one_session_shared(self, session: Session) -> None:
        self._run_in_threads([session] * 8)

    def test_a_session_each(self, model: Path) -> None:
        self._run_in_threads([Session(model) for _ in range(8)])

    @staticmethod
    def _run_in_threads(sessions: list[Session]) -> None:
        images = [_image(1 + number % 3, number) for number in range(len(sessions))]
        wrong: list[int] = []

        def work(number: int) -> None:
            expected = fake_scores(images[number])
            for _ in range(50):
                if not np.array_equal(sessions[number].run({"x": images[number]})["y"], expected):
                    wrong.append(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(len(sessions))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
