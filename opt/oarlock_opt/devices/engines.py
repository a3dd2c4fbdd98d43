"""Paddle Lite's library for another target, from the store."""

from __future__ import annotations

from oarlock import store
from oarlock.errors import EngineNotInstalledError

__all__ = ["ARCHIVES", "find_engine"]

ARCHIVES = {
    "arm64": "inference_lite_lib.armlinux.armv8.gcc.with_extra.with_cv.tar.gz",
    "armv7": "inference_lite_lib.armlinux.armv7hf.gcc.with_extra.with_cv.tar.gz",
}
"""The release archives of Paddle Lite that serve."""

_RELEASES = "github.com/PaddlePaddle/Paddle-Lite/releases"


def find_engine(target: str, version: str) -> store.Engine:
    """The installed engine. Raises EngineNotInstalledError, which says what to download and how to install it."""
    try:
        return store.find(target, version)
    except EngineNotInstalledError as error:
        if target not in ARCHIVES:
            raise
        raise EngineNotInstalledError(
            f"Paddle Lite {version} for {target} is not installed: download {ARCHIVES[target]} of release v{version} "
            f"({_RELEASES}), and run `{store.install_command(target, version)}`"
        ) from error
