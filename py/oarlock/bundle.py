"""Bundles: a model for devices in a folder NAME.oar that describes itself (docs/schema/bundle.schema.json)."""

from __future__ import annotations

import json
import os
import weakref
from ctypes import byref, c_char_p, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oarlock import _core

if TYPE_CHECKING:
    from oarlock.preprocess import PreprocessSpec
    from oarlock.session import Power, Session

__all__ = ["Bundle", "Variant"]


@dataclass(frozen=True)
class Variant:
    """One .nb file of a bundle.

    ``id`` is TARGET-PRECISION, ``file`` its name in the bundle, ``size`` its bytes, ``ops`` the number of operators.
    """

    id: str
    target: str
    precision: str
    file: str
    sha256: str
    size: int
    ops: int
    engine_version: str


class Bundle:
    """An opened bundle, whose bundle.json is right and whose files are there with the recorded sizes.

    Immutable; any number of threads may use one at once. Its sessions do not depend on it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises NotFoundError, FileReadError, BadBundleError, VersionMismatchError (another format version)."""
        handle = c_void_p()
        _core.call("oar_bundle_open", _core.path(path), byref(handle))
        self._handle = handle
        weakref.finalize(self, _core.library().oar_bundle_close, handle)
        self._path = Path(path)
        self._data: dict[str, Any] = json.loads(_core.text(_core.library().oar_bundle_json(handle)))

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Bundle:
        """The bundle at ``path``; the same as calling the class."""
        return cls(path)

    @property
    def path(self) -> Path:
        """The folder, as it was given."""
        return self._path

    @property
    def data(self) -> dict[str, Any]:
        """The content of bundle.json; treat it as read-only."""
        return self._data

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self._data["name"])

    @property
    def variants(self) -> tuple[Variant, ...]:
        """What the bundle holds, in the order of bundle.json."""
        fields = ("id", "target", "precision", "file", "sha256", "size", "ops")
        return tuple(
            Variant(**{name: it[name] for name in fields}, engine_version=it["engine"]["version"])
            for it in self._data["variants"]
        )

    @property
    def preprocess(self) -> PreprocessSpec | None:
        """How a picture becomes the model's input; None when the model takes no pictures."""
        from oarlock.preprocess import PreprocessSpec

        value = self._data["preprocess"]
        return None if value is None else PreprocessSpec.from_json(value)

    def label(self, class_id: int) -> str | None:
        """The name of a class; None where the bundle has none for it."""
        value = _core.library().oar_bundle_label(self._handle, class_id)
        return None if value is None else _core.text(value)

    def file(self, name: str) -> Path:
        """The absolute path of a file that bundle.json lists, its SHA-256 checked.

        Raises NotFoundError, FileReadError, HashMismatchError.
        """
        result = c_char_p()
        _core.call("oar_bundle_file", self._handle, name.encode(), byref(result))
        return Path(os.fsdecode(result.value or b""))

    def pick_variant(self, variant: str | None = None) -> Variant:
        """The variant with that id; None: the most exact one that fits this machine.

        Raises NotFoundError naming those there are, WrongTargetError when none fits.
        """
        result = c_char_p()
        wanted = None if variant is None else variant.encode()
        _core.call("oar_bundle_pick_variant", self._handle, wanted, byref(result))
        return next(it for it in self.variants if it.id == _core.text(result.value))

    def open_session(
        self,
        variant: str | None = None,
        *,
        threads: int = 1,
        power: Power = "no_bind",
        engine: str | os.PathLike[str] | None = None,
    ) -> Session:
        """A session of the variant that ``pick_variant`` picks, its hash checked; the options are those of Session.

        Raises what ``pick_variant``, ``file`` and Session raise.
        """
        from oarlock._engine import load_engine
        from oarlock.session import Session, session_options

        picked = self.pick_variant(variant)
        library = load_engine(engine, lambda: picked.engine_version)
        options = session_options(threads, power)
        return Session._open("oar_bundle_open_session", self._handle, library, picked.id.encode(), byref(options))
