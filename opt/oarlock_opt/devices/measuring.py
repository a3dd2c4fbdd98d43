"""What ``oarlock-classify --bench --json`` says, from wherever it ran."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from oarlock.errors import EngineFailedError
from oarlock_opt.errors import HostError

__all__ = ["bench_result"]


def bench_result(place: str, output: bytes, ending: Callable[[], HostError]) -> dict[str, Any]:
    """The object by docs/schema/bench.schema.json, of that place.

    Raises the program's own error, with its code, or what ``ending`` makes where it printed no object.
    """
    try:
        result: dict[str, Any] = json.loads(output)
        if result["ok"]:
            return {**result, "place": place}
        error = result["error"]
        message, code = str(error["message"]), str(error["code"])
    except (ValueError, LookupError, TypeError):
        raise ending() from None
    raise EngineFailedError(message, code=code)
