"""The models of the zoo by name. Importing this loads no PaddlePaddle."""

from __future__ import annotations

import difflib
import functools

from oarlock_opt.zoo import dpn_spec, efficientnet_lite_spec
from oarlock_opt.zoo._entry import Entry
from oarlock_opt.zoo.errors import UnknownModelError

__all__ = ["get", "names"]


def names() -> list[str]:
    """The names of all models, family by family, small to large."""
    return [entry.name for entry in _entries().values()]


def get(name: str) -> Entry:
    """The model of that name; case, "-" and "_" do not matter. Raises UnknownModelError, which gives near names."""
    entries = _entries()
    entry = entries.get(_key(name))
    if entry is not None:
        return entry
    near = [entries[key].name for key in difflib.get_close_matches(_key(name), entries, n=3)]
    advice = f"did you mean {' or '.join(near)}?" if near else f"expected one of: {', '.join(names())}"
    raise UnknownModelError(f"no model is called {name!r}: {advice}")


@functools.cache
def _entries() -> dict[str, Entry]:
    return {_key(entry.name): entry for entry in (*dpn_spec.entries(), *efficientnet_lite_spec.entries())}


def _key(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
