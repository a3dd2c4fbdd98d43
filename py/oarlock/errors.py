"""Everything that Oarlock raises on purpose.

    OarlockError
    ├── InvalidArgumentError (also ValueError)      an option or argument outside its range
    ├── NotFoundError                               no such file, variant, input or output
    ├── FileReadError                               the operating system could not read a file
    ├── ModelError
    │   ├── BadModelError                           a .nb file that is none, is truncated or contradicts itself
    │   ├── VersionMismatchError                    a version that this library or engine does not read
    │   └── WrongTargetError                        kernels for another kind of processor
    ├── BundleError
    │   ├── BadBundleError                          bundle.json breaks the format, or a file is missing
    │   ├── HashMismatchError                       a file is not the one that was recorded
    │   ├── NotAClassifierError                     the model takes no pictures
    │   ├── NoGoldenError                           nothing was recorded to compare with, or no limit
    │   └── SignatureError                          a bundle that is not signed as is asked for
    │       ├── UnsignedError                       it has no signature
    │       ├── BadSignatureError                   its signature is none, or not the key's
    │       ├── WrongKeyError                       it was signed with another key
    │       └── ChangedAfterSigningError            it was changed after it was signed
    ├── BadKeyError                                 a file that is no Ed25519 key in PEM
    ├── TensorError
    │   ├── BadShapeError                           a shape that the model does not take
    │   ├── BadDtypeError                           a dtype that the model does not take
    │   └── NotFiniteError                          NaN or infinity among scores
    ├── ImageError
    │   ├── BadImageError                           pixels or a file that cannot be a picture
    │   ├── TruncatedImageError                     a picture file that ends too early
    │   ├── UnsupportedImageError                   a picture of a kind that Oarlock does not convert
    │   └── ImageTooLargeError                      more pixels than the limit
    ├── PreprocessingError                          a description of preprocessing that is wrong or does not fit
    ├── LabelsError                                 a label file that is damaged or does not fit
    ├── EngineError
    │   ├── EngineUnavailableError                  the engine's library cannot be loaded
    │   ├── EngineConflictError                     another engine file is already loaded in this process
    │   └── EngineFailedError                       the engine reported a failure or gave no result
    │       └── EngineCrashedError                  it ended or hung the child process that it ran in
    ├── StoreError
    │   ├── EngineNotInstalledError                 the store lacks the engine that is needed
    │   ├── DownloadError                           pip could not fetch a pinned file
    │   └── BadArchiveError                         an archive that is not what it should be
    ├── MissingPackageError                         a package or program that only this needs is not installed
    ├── ClosedError                                 a session, bundle or classifier used after close()
    ├── MemoryExhaustedError (also MemoryError)     the core could not allocate
    └── InternalError                               a defect of Oarlock

Every error has a stable code for programs (``error.code``, "OAR-WRONG-TARGET") and a sentence for people
(``error.message``, also ``str(error)``) that names the file or field, what was found and what was expected.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "BadArchiveError",
    "BadBundleError",
    "BadDtypeError",
    "BadImageError",
    "BadKeyError",
    "BadModelError",
    "BadShapeError",
    "BadSignatureError",
    "BundleError",
    "ChangedAfterSigningError",
    "ClosedError",
    "DownloadError",
    "EngineConflictError",
    "EngineCrashedError",
    "EngineError",
    "EngineFailedError",
    "EngineNotInstalledError",
    "EngineUnavailableError",
    "FileReadError",
    "HashMismatchError",
    "ImageError",
    "ImageTooLargeError",
    "InternalError",
    "InvalidArgumentError",
    "LabelsError",
    "MemoryExhaustedError",
    "MissingPackageError",
    "ModelError",
    "NoGoldenError",
    "NotAClassifierError",
    "NotFiniteError",
    "NotFoundError",
    "OarlockError",
    "PreprocessingError",
    "SignatureError",
    "StoreError",
    "TensorError",
    "TruncatedImageError",
    "UnsignedError",
    "UnsupportedImageError",
    "VersionMismatchError",
    "WrongKeyError",
    "WrongTargetError",
]


class OarlockError(Exception):
    """Root of the tree. ``code`` overrides the class's own code."""

    default_code: ClassVar[str] = "OAR-ERROR"

    code: str
    message: str

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code

    def details(self) -> dict[str, str]:
        """What else is known, for programs: keys of docs/schema/error.schema.json beside code and message."""
        return {}


class InvalidArgumentError(OarlockError, ValueError):
    """An option or argument outside its range."""

    default_code = "OAR-INVALID-ARGUMENT"


class NotFoundError(OarlockError):
    """No such file, variant, input or output."""

    default_code = "OAR-NOT-FOUND"


class FileReadError(OarlockError):
    """The operating system could not read a file."""

    default_code = "OAR-IO"


class ModelError(OarlockError):
    """A model file that cannot be used."""

    default_code = "OAR-MODEL"


class BadModelError(ModelError):
    """A .nb file that is no .nb file, is truncated or contradicts itself."""

    default_code = "OAR-BAD-MODEL"


class VersionMismatchError(ModelError):
    """A .nb file or bundle of a version that this library or engine does not read."""

    default_code = "OAR-VERSION-MISMATCH"


class WrongTargetError(ModelError):
    """A .nb file with kernels for another kind of processor."""

    default_code = "OAR-WRONG-TARGET"


class BundleError(OarlockError):
    """A bundle that cannot be used."""

    default_code = "OAR-BUNDLE"


class BadBundleError(BundleError):
    """A bundle.json that breaks the format, or a bundle that lacks a file."""

    default_code = "OAR-BAD-BUNDLE"


class HashMismatchError(BundleError):
    """A file whose SHA-256 is not the recorded one."""

    default_code = "OAR-HASH-MISMATCH"


class NotAClassifierError(BundleError):
    """The bundle has no preprocessing: its model does not take pictures."""

    default_code = "OAR-NOT-A-CLASSIFIER"


class NoGoldenError(BundleError):
    """A bundle without golden cases, or without a limit for what they show."""

    default_code = "OAR-NO-GOLDEN"


class SignatureError(BundleError):
    """A bundle that is not signed as is asked for."""

    default_code = "OAR-SIGNATURE"


class UnsignedError(SignatureError):
    """A bundle without a signature."""

    default_code = "OAR-UNSIGNED"


class BadSignatureError(SignatureError):
    """A bundle.sig that is no signature, or not the key's signature of the bundle."""

    default_code = "OAR-BAD-SIGNATURE"


class WrongKeyError(SignatureError):
    """A bundle that was signed with another key."""

    default_code = "OAR-WRONG-KEY"


class ChangedAfterSigningError(SignatureError):
    """A bundle that was changed after it was signed."""

    default_code = "OAR-CHANGED-AFTER-SIGNING"


class BadKeyError(OarlockError):
    """A key file that is no Ed25519 key in PEM, or not the half of the pair that is needed."""

    default_code = "OAR-BAD-KEY"


class TensorError(OarlockError):
    """A tensor that the model does not take, or must not have given."""

    default_code = "OAR-TENSOR"


class BadShapeError(TensorError):
    """A tensor whose shape the model does not take."""

    default_code = "OAR-BAD-SHAPE"


class BadDtypeError(TensorError):
    """A tensor whose dtype the model does not take."""

    default_code = "OAR-BAD-DTYPE"


class NotFiniteError(TensorError):
    """NaN or infinity among scores."""

    default_code = "OAR-NOT-FINITE"


class ImageError(OarlockError):
    """A picture that cannot be used."""

    default_code = "OAR-IMAGE"


class BadImageError(ImageError):
    """Pixels or a file that cannot be a picture: sizes, strides, format."""

    default_code = "OAR-BAD-IMAGE"


class TruncatedImageError(ImageError):
    """A picture file that ends too early."""

    default_code = "OAR-TRUNCATED-IMAGE"


class UnsupportedImageError(ImageError):
    """A picture of a kind that Oarlock does not convert."""

    default_code = "OAR-UNSUPPORTED-IMAGE"


class ImageTooLargeError(ImageError):
    """A picture with more pixels than the limit."""

    default_code = "OAR-IMAGE-TOO-LARGE"


class PreprocessingError(OarlockError):
    """A description of preprocessing that is wrong, that Oarlock cannot express, or that does not fit the model."""

    default_code = "OAR-PREPROCESS"


class LabelsError(OarlockError):
    """A label file that is damaged or does not fit the model."""

    default_code = "OAR-LABELS"


class EngineError(OarlockError):
    """Paddle Lite cannot be used, or failed."""

    default_code = "OAR-ENGINE"


class EngineUnavailableError(EngineError):
    """The engine's library cannot be loaded, or is not one that the plugin knows."""

    default_code = "OAR-ENGINE-UNAVAILABLE"


class EngineConflictError(EngineError):
    """Another engine file is already loaded in this process."""

    default_code = "OAR-ENGINE-CONFLICT"


class EngineFailedError(EngineError):
    """The engine reported a failure or gave no result."""

    default_code = "OAR-ENGINE-FAILED"


class EngineCrashedError(EngineFailedError):
    """The engine ended the child process in which it was tried or kept, or hung in it. This process is unharmed."""

    default_code = "OAR-ENGINE-CRASHED"


class StoreError(OarlockError):
    """The store of Paddle Lite libraries cannot do what was asked."""

    default_code = "OAR-STORE"


class EngineNotInstalledError(StoreError):
    """The store lacks the engine that is needed."""

    default_code = "OAR-ENGINE-NOT-INSTALLED"


class DownloadError(StoreError):
    """A pinned file could not be fetched through pip."""

    default_code = "OAR-DOWNLOAD"


class BadArchiveError(StoreError):
    """An archive that is not what it should be."""

    default_code = "OAR-BAD-ARCHIVE"


class MissingPackageError(OarlockError):
    """A Python package or a program that Oarlock needs for this, and for nothing else, is not installed."""

    default_code = "OAR-MISSING-PACKAGE"


class ClosedError(OarlockError):
    """A session, bundle or classifier was used after close()."""

    default_code = "OAR-CLOSED"


class MemoryExhaustedError(OarlockError, MemoryError):
    """The core could not allocate memory."""

    default_code = "OAR-OUT-OF-MEMORY"


class InternalError(OarlockError):
    """A defect of Oarlock."""

    default_code = "OAR-INTERNAL"
