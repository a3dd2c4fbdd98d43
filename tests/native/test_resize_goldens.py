from __future__ import annotations

from tests.native import make_resize_goldens


def test_the_checked_in_goldens_are_what_opencv_computes_today() -> None:
    assert make_resize_goldens.HEADER.read_text(encoding="utf-8") == make_resize_goldens.header()
