"""The tree of exceptions."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from oarlock import errors

_CLASSES = [value for _, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, errors.OarlockError)]


def test_everything_is_exported_and_drawn() -> None:
    assert sorted(it.__name__ for it in _CLASSES) == errors.__all__
    drawing = (errors.__doc__ or "").split("\n\n")[1]
    for name in errors.__all__:
        assert re.search(rf"[─ ]{name}\b", drawing), f"{name} is not in the drawing"


def test_codes_are_distinct_and_of_one_form() -> None:
    codes = [it.default_code for it in _CLASSES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"OAR-[A-Z0-9-]+", code) for code in codes)


@pytest.mark.parametrize("kind", _CLASSES)
def test_message_and_code(kind: type[errors.OarlockError]) -> None:
    error = kind("x.nb: is broken")
    assert (error.message, str(error), error.code) == ("x.nb: is broken", "x.nb: is broken", kind.default_code)
    assert kind("x", code="OAR-OTHER").code == "OAR-OTHER"
    again = pickle.loads(pickle.dumps(kind("x", code="OAR-OTHER")))
    assert (type(again), again.message, again.code) == (kind, "x", "OAR-OTHER")
