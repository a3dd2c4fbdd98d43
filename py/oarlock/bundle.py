"""Bundles: a model for devices in a folder NAME.oar that describes itself (docs/schema/bundle.schema.json)."""

from __future__ import annotations

import json
import os
import weakref
from contextlib import suppress
from ctypes import byref, c_char_p, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oarlock import _core, store
from oarlock.errors import BadKeyError, FileReadError, NotFoundError

if TYPE_CHECKING:
    from oarlock.isolated import IsolatedSession
    from oarlock.preprocess import PreprocessSpec
    from oarlock.selftest import Result
    from oarlock.session import Power, Probe, Session

__all__ = ["Bundle", "Variant"]

_LARGEST_KEY = 64 << 10


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

    A file's hash is checked before the file is used, and not again while the file keeps its identity: what was checked
    is remembered in the store's home, from process to process (the file "verified", by oar_bundle_options).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises NotFoundError, FileReadError, BadBundleError, VersionMismatchError (another format version)."""
        handle = c_void_p()
        options = _core.BundleOptions(cache=_cache())
        _core.call("oar_bundle_open", _core.path(path), byref(options), byref(handle))
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
    def files(self) -> tuple[str, ...]:
        """The names of all files that bundle.json lists, each once, in its order."""
        data = self._data
        names = [variant["file"] for variant in data["variants"]]
        if data["labels"] is not None:
            names.append(data["labels"]["file"])
        for case in (data["golden"] or {"cases": []})["cases"]:
            recorded = [case["image"]] if case["image"] is not None else []
            names += [it["file"] for it in (*recorded, *case["inputs"], *case["outputs"])]
        return tuple(dict.fromkeys(names))

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
        probe: Probe = True,
    ) -> Session:
        """A session of the variant that ``pick_variant`` picks, its hash checked; the options are those of Session.

        Raises what ``pick_variant``, ``file`` and Session raise.
        """
        from oarlock._engine import find_engine, load_engine
        from oarlock.probe import probe_file
        from oarlock.session import Session, session_options

        picked = self.pick_variant(variant)
        options = session_options(threads, power)
        library = find_engine(engine, picked.engine_version)
        if probe:
            probe_file(self.file(picked.file), library, sha256=picked.sha256, again=probe == "again")
        handle = load_engine(library)
        return Session._open("oar_bundle_open_session", self._handle, handle, picked.id.encode(), byref(options))

    def open_isolated_session(
        self,
        variant: str | None = None,
        *,
        threads: int = 1,
        power: Power = "no_bind",
        engine: str | os.PathLike[str] | None = None,
    ) -> IsolatedSession:
        """The same with the engine in a process of its own; see IsolatedSession, whose errors it raises, too."""
        from oarlock.isolated import IsolatedSession

        return IsolatedSession._of_bundle(self, self.pick_variant(variant), threads=threads, power=power, engine=engine)

    def selftest(
        self,
        variant: str | None = None,
        *,
        all_variants: bool = False,
        limit: float | None = None,
        threads: int = 1,
        engine: str | os.PathLike[str] | None = None,
    ) -> Result:
        """Replay the golden cases on this machine; what the arguments mean and what is raised is said at
        ``oarlock.selftest.run``.
        """
        from oarlock.selftest import run

        return run(self, variant, all_variants=all_variants, limit=limit, threads=threads, engine=engine)

    def verify_signature(self, public_key: str | os.PathLike[str]) -> None:
        """Check that the owner of a key has signed this bundle, and that nothing was changed or added since.

        ``public_key`` is a PEM file with an Ed25519 public key, as ``oarlock keygen`` or ``openssl pkey -pubout``
        writes it. What is checked is bundle.json as it was opened, so that every file that comes from this object
        afterwards is one that was signed.

        Raises UnsignedError, BadSignatureError, WrongKeyError, ChangedAfterSigningError; BadKeyError, NotFoundError and
        FileReadError for the key.
        """
        name = os.fspath(public_key)
        try:
            with Path(public_key).open("rb") as file:
                content = file.read(_LARGEST_KEY + 1)
        except FileNotFoundError as error:
            raise NotFoundError(f"{name}: no such file; expected a public key") from error
        except OSError as error:
            raise FileReadError(f"{name}: cannot be read: {error.strerror}") from error
        if len(content) > _LARGEST_KEY or b"\0" in content:
            raise BadKeyError(f"{name}: is no PEM file, expected an Ed25519 public key in PEM")
        self._verify_signature(name, content)

    def _verify_signature(self, key_name: str, public_key: bytes) -> None:
        name = key_name.encode("utf-8", "replace")
        _core.call("oar_bundle_verify_signature", self._handle, name, public_key)

    @property
    def _json(self) -> bytes:
        """The bytes of bundle.json as they were read."""
        return bytes(_core.library().oar_bundle_json(self._handle))


def _cache() -> bytes:
    """The folder for the core's memory of hashes, which makes it itself where its parent is there."""
    home = store.home()
    with suppress(OSError):
        home.parent.mkdir(parents=True, exist_ok=True)
    return os.fsencode(home)
