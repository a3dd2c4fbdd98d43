"""Signing bundles, so that a device can refuse one that nobody signed.

Signatures are Ed25519 (RFC 8032), by the package ``cryptography``: keys are made and used on a host, where encrypted
key files, and OpenSSL's care with secrets, are wanted. Devices only verify, which the core does with a library of its
own, libsodium, so that the runtime there needs no package for it; that two libraries must agree on every signature is
welcome. ``cryptography`` comes with ``pip install 'oarlock[sign]'``.

A signature is the file bundle.sig beside bundle.json, by docs/schema/signature.schema.json.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oarlock._files import write_atomically
from oarlock.bundle import Bundle
from oarlock.errors import BadBundleError, BadKeyError, FileReadError, MissingPackageError, NotFoundError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["SIGNATURE_FILE", "KeyPair", "Passphrase", "make_key", "sign"]

SIGNATURE_FILE = "bundle.sig"

Passphrase = Callable[[], bytes]
"""Asked for the passphrase of a private key that is encrypted."""

_CONTEXT = b"oarlock bundle 1\n"
_LARGEST_KEY = 64 << 10
_ADVICE = (
    "expected an Ed25519 private key in PEM, as `oarlock keygen` or `openssl genpkey -algorithm ed25519` writes it"
)


@dataclass(frozen=True)
class KeyPair:
    """Where a new key lies, and the id by which signatures name it (the SHA-256 of the public key in DER)."""

    private_key: Path
    public_key: Path
    key_id: str


def make_key(path: str | os.PathLike[str]) -> KeyPair:
    """Make a key pair: the private key at ``path``, readable by its owner only, and the public key at ``path``.pub.

    Nothing is overwritten. Raises MissingPackageError; OSError, FileExistsError among them.
    """
    serialization, ed25519 = _cryptography()
    private, public = Path(path), Path(f"{os.fspath(path)}.pub")
    key = ed25519.Ed25519PrivateKey.generate()
    secret: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _create(public, _public_pem(key), 0o644)
    try:
        _create(private, secret, 0o600)
    except BaseException:
        public.unlink()
        raise
    return KeyPair(private, public, _key_id(key))


def sign(
    bundle: str | os.PathLike[str], private_key: str | os.PathLike[str], passphrase: Passphrase
) -> tuple[Path, str]:
    """Sign a bundle and return the path of its bundle.sig, which replaces an older one, and the key's id.

    Only a bundle that is whole is signed: every file has its hash, and there is no file that bundle.json does not list.
    ``private_key`` is a PEM file with an Ed25519 private key (PKCS8). Signing with the same key again writes the same
    bytes.

    Raises MissingPackageError, BadKeyError, NotFoundError, BadBundleError, HashMismatchError, OSError.
    """
    key = _load_private_key(Path(private_key), passphrase)
    opened = Bundle(bundle)
    _check_whole(opened)
    manifest, key_id = opened._json, _key_id(key)
    signature = {
        "format": "oarlock-signature",
        "format_version": 1,
        "algorithm": "ed25519",
        "key_id": key_id,
        "bundle_sha256": hashlib.sha256(manifest).hexdigest(),
        "signature": key.sign(_CONTEXT + manifest).hex(),
    }
    path = opened.path / SIGNATURE_FILE
    if path.is_symlink():
        raise BadBundleError(f"{path}: is a link; a bundle holds its files itself")
    write_atomically(path, (json.dumps(signature, indent=2) + "\n").encode())
    opened._verify_signature(f"{private_key}, its public half", _public_pem(key))
    return path, key_id


def _check_whole(bundle: Bundle) -> None:
    known = {"bundle.json", SIGNATURE_FILE}
    for name in bundle.files:
        bundle.file(name)
        known.update((name, name.partition("/")[0]))
    for path in sorted(bundle.path.rglob("*")):
        if path.relative_to(bundle.path).as_posix() not in known:
            raise BadBundleError(
                f"{path}: is in the bundle, but bundle.json does not list it, so no signature covers it; remove it"
            )


def _load_private_key(path: Path, passphrase: Passphrase) -> Ed25519PrivateKey:
    serialization, ed25519 = _cryptography()
    content = _read(path)
    if b"-----BEGIN PUBLIC KEY-----" in content:
        raise BadKeyError(f"{path}: holds a public key, {_ADVICE}")
    try:
        key = _parse(serialization, content, None)
        if key is None:
            key = _parse(serialization, content, passphrase())
    except (ValueError, TypeError) as error:
        raise BadKeyError(f"{path}: cannot be read as a private key ({error}), {_ADVICE}") from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        kind = type(key).__name__.lstrip("_").removesuffix("PrivateKey")
        raise BadKeyError(f"{path}: holds a private key of another kind ({kind}), {_ADVICE}")
    result: Ed25519PrivateKey = key
    return result


def _parse(serialization: Any, content: bytes, password: bytes | None) -> Any:
    """The key in a PEM file; None when it is encrypted and there is no password. Raises ValueError, TypeError."""
    try:
        return serialization.load_pem_private_key(content, password)
    except TypeError:
        if password is None:
            return None
        raise


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_KEY + 1)
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: no such file; make a key with `oarlock keygen {path}`") from error
    except OSError as error:
        raise FileReadError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST_KEY:
        raise BadKeyError(f"{path}: is larger than {_LARGEST_KEY} bytes, {_ADVICE}")
    return content


def _create(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _public_pem(key: Ed25519PrivateKey) -> bytes:
    return _public_bytes(key, "PEM")


def _key_id(key: Ed25519PrivateKey) -> str:
    return hashlib.sha256(_public_bytes(key, "DER")).hexdigest()


def _public_bytes(key: Ed25519PrivateKey, encoding: str) -> bytes:
    serialization, _ = _cryptography()
    result: bytes = key.public_key().public_bytes(
        getattr(serialization.Encoding, encoding), serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return result


def _cryptography() -> tuple[Any, Any]:
    """The modules ``serialization`` and ``ed25519``."""
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise MissingPackageError(
            f"making keys and signing need the package cryptography ({error}): run `pip install 'oarlock[sign]'`"
        ) from error
    return serialization, ed25519
