"""oarlock.store: what is installed is whole, whoever interferes."""

from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from oarlock import store
from oarlock._catalog import WHEELS
from oarlock._files import sha256_file
from oarlock._pypi import PinnedFile
from oarlock.errors import BadArchiveError, EngineNotInstalledError, InvalidArgumentError, StoreError

from ..schemas import validate
from .helpers import names
from .lite_archives import LIBRARY_IN_RELEASE, elf, fields_of, write_release, write_wheel


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path, pinned = write_wheel(tmp_path)
    monkeypatch.setitem(WHEELS, "2.12", fields_of(pinned))
    return path


def _nothing_left(home: Path) -> bool:
    return names(home / "lite") == [".lock"]


class TestHome:
    def test_environment_first(self, home: Path) -> None:
        assert store.home() == home

    def test_then_the_cache_folder(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OARLOCK_HOME")
        monkeypatch.setenv("XDG_CACHE_HOME", "/var/tmp/cache")
        assert store.home() == Path("/var/tmp/cache/oarlock")

    @pytest.mark.parametrize("value", ["", "relative"])
    def test_a_relative_cache_folder_does_not_count(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.delenv("OARLOCK_HOME")
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        monkeypatch.setenv("HOME", "/home/somebody")
        assert store.home() == Path("/home/somebody/.cache/oarlock")


@pytest.mark.parametrize(
    ("machine", "pointer", "expected"),
    [
        ("x86_64", 8, "x86"),
        ("aarch64", 8, "arm64"),
        ("aarch64", 4, "armv7"),
        ("armv7l", 4, "armv7"),
        ("armv8l", 4, "armv7"),
        ("riscv64", 8, None),
    ],
)
def test_machine_target(monkeypatch: pytest.MonkeyPatch, machine: str, pointer: int, expected: str | None) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(struct, "calcsize", lambda code: pointer)
    monkeypatch.setattr(sys, "platform", "linux")
    assert store.machine_target() == expected


class TestWheel:
    def test_install_find_and_list(self, wheel: Path, home: Path) -> None:
        engine = store.install("x86", archive=wheel)
        assert engine.library == home / "lite" / "2.12" / "x86" / "lite.so"
        assert engine.size == engine.library.stat().st_size
        assert engine.pinned
        assert sorted(path.name for path in engine.library.parent.rglob("*")) == [
            "engine.json",
            "libiomp5.so",
            "libs",
            "lite.so",
        ]
        assert store.find("x86") == engine
        assert store.installed() == [engine]
        validate([engine.to_json()], "lite-list")

    def test_again_does_nothing(self, wheel: Path, home: Path) -> None:
        first = store.install("x86", archive=wheel)
        before = first.library.stat()
        lines: list[str] = []
        wheel.unlink()
        assert store.install("x86", report=lines.append) == first
        assert lines == ["Paddle Lite 2.12 for x86 is already installed"]
        assert first.library.stat() == before

    @pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "record"])
    def test_damage_is_mended(self, wheel: Path, home: Path, damage: str) -> None:
        engine = store.install("x86", archive=wheel)
        good = engine.library.read_bytes()
        if damage == "flip":
            engine.library.write_bytes(good[:-1] + b"\1")
        elif damage == "truncate":
            engine.library.write_bytes(good[:1000])
        elif damage == "remove":
            (engine.library.parent / "libs" / "libiomp5.so").unlink()
        else:
            (engine.library.parent / "engine.json").write_text('{"engine": []}')
        if damage != "flip":  # only installing reads every byte
            with pytest.raises(EngineNotInstalledError, match=r"2\.12 for x86 is damaged .* `oarlock lite install`"):
                store.find("x86")
            assert store.installed() == []
        assert store.install("x86", archive=wheel).library.read_bytes() == good
        assert names(home / "lite") == [".lock", "2.12"]

    def test_downloads_through_pip(self, wheel: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
        engine = store.install("x86")
        assert engine.origin == "pypi"
        assert engine.library.is_file()

    def test_another_hash(self, wheel: Path, home: Path) -> None:
        wheel.write_bytes(wheel.read_bytes() + b"\0")
        with pytest.raises(BadArchiveError, match=r"SHA-256 is [0-9a-f]{64}, expected"):
            store.install("x86", archive=wheel)
        assert _nothing_left(home)

    def test_truncated(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        path, _ = write_wheel(tmp_path)
        path.write_bytes(path.read_bytes()[:200_000])
        _pin(monkeypatch, path)
        with pytest.raises(BadArchiveError, match="is not a whole wheel"):
            store.install("x86", archive=path)
        assert _nothing_left(home)

    def test_paths_that_lead_out_are_not_followed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
    ) -> None:
        extra = {"../../escaped.so": b"x", "/tmp/escaped.so": b"x", "paddlelite/libs/../../escaped.so": b"x"}
        path, _ = write_wheel(tmp_path, extra)
        _pin(monkeypatch, path)
        store.install("x86", archive=path)
        assert not any("escaped" in path.name for path in tmp_path.rglob("*"))

    def test_not_a_paddlelite_wheel(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "other.whl"
        import zipfile

        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("other/__init__.py", "")
        _pin(monkeypatch, path)
        with pytest.raises(BadArchiveError, match=r"holds no paddlelite/lite\.so"):
            store.install("x86", archive=path)

    def test_missing_archive(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"nowhere\.whl"):
            store.install("x86", archive=tmp_path / "nowhere.whl")

    def test_home_is_a_file(self, wheel: Path, home: Path) -> None:
        home.write_text("")
        with pytest.raises(StoreError, match=f"{home}/lite: cannot be created .* OARLOCK_HOME"):
            store.install("x86", archive=wheel)

    def test_a_store_that_cannot_be_written_still_serves(self, wheel: Path, home: Path) -> None:
        engine = store.install("x86", archive=wheel)
        # The tests may run as root, whom no permission stops.
        (home / "lite" / ".lock").unlink()
        (home / "lite" / ".lock").mkdir()
        assert store.install("x86", archive=wheel) == engine

    def test_two_at_once(self, wheel: Path, home: Path) -> None:
        script = (
            "import sys\n"
            "from oarlock import store\n"
            "from oarlock._catalog import WHEELS\n"
            f"WHEELS['2.12'] = {WHEELS['2.12']!r}\n"
            f"engine = store.install('x86', archive={str(wheel)!r}, report=print)\n"
            "assert store.find('x86') == engine\n"
        )
        children = [
            subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(4)
        ]
        outputs = [child.communicate(timeout=60)[0] for child in children]
        assert [child.returncode for child in children] == [0] * 4
        assert sum("unpacking" in output for output in outputs) == 1
        assert sum("already installed" in output for output in outputs) == 3
        assert names(home / "lite") == [".lock", "2.12"]


class TestRelease:
    def test_archive(self, tmp_path: Path, home: Path) -> None:
        path = write_release(tmp_path / "lib.tar.gz", {f"inference_lite_lib/{LIBRARY_IN_RELEASE}": elf()})
        lines: list[str] = []
        engine = store.install("arm64", archive=path, report=lines.append)
        assert engine.library == home / "lite" / "2.12" / "arm64" / "libpaddle_light_api_shared.so"
        assert engine.library.read_bytes() == elf()
        assert not engine.pinned
        assert engine.origin == str(path)
        assert lines[-1] == "it is Paddle Lite 2.12, as the library says"
        validate([engine.to_json()], "lite-list")
        assert store.install("arm64", archive=path, report=lines.append) == engine
        assert lines[-1] == "Paddle Lite 2.12 for arm64 is already installed"

    def test_folder_and_library(self, tmp_path: Path) -> None:
        library = tmp_path / "unpacked" / LIBRARY_IN_RELEASE
        library.parent.mkdir(parents=True)
        library.write_bytes(elf(machine=40, bits=32))
        from_folder = store.install("armv7", archive=tmp_path / "unpacked")
        shutil.rmtree(store.home())
        from_library = store.install("armv7", archive=library)
        assert from_folder.sha256 == from_library.sha256

    def test_another_archive_replaces(self, tmp_path: Path) -> None:
        first = write_release(tmp_path / "1.tar.gz", {LIBRARY_IN_RELEASE: elf()})
        second = write_release(tmp_path / "2.tar.gz", {LIBRARY_IN_RELEASE: elf() + b"rebuilt"})
        store.install("arm64", archive=first)
        engine = store.install("arm64", archive=second)
        assert engine.library.read_bytes().endswith(b"rebuilt")
        assert store.installed() == [engine]

    @pytest.mark.parametrize(
        ("target", "library", "found"),
        [
            ("arm64", elf(machine=40, bits=32), "is for armv7, expected arm64"),
            ("armv7", elf(), "is for arm64, expected armv7"),
            ("arm64", elf(libc="libc.so"), "is for android-arm64, expected arm64"),
            ("android-arm64", elf(), "is for arm64, expected android-arm64"),
            ("android-armv7", elf(machine=62), "is for x86, expected android-armv7"),
            ("arm64", elf(machine=243), "is for ELF machine 243, 64 bits, libc.so.6, expected arm64"),
            ("arm64", b"!<arch>\n" + bytes(100), "is not an ELF library"),
            ("arm64", b"\x7fELF", "is not an ELF library"),
        ],
    )
    def test_wrong_architecture(self, tmp_path: Path, home: Path, target: str, library: bytes, found: str) -> None:
        path = write_release(tmp_path / "lib.tar.gz", {LIBRARY_IN_RELEASE: library})
        with pytest.raises(BadArchiveError, match=found):
            store.install(target, archive=path)
        assert _nothing_left(home)

    @pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside"])
    def test_traversal(self, tmp_path: Path, home: Path, name: str) -> None:
        path = write_release(tmp_path / "lib.tar.gz", {name: b"x", LIBRARY_IN_RELEASE: elf()})
        with pytest.raises(BadArchiveError, match="leads out of the archive"):
            store.install("arm64", archive=path)
        assert _nothing_left(home)

    def test_truncated(self, tmp_path: Path, home: Path) -> None:
        path = write_release(tmp_path / "lib.tar.gz", {LIBRARY_IN_RELEASE: elf() + os.urandom(100_000)})
        path.write_bytes(path.read_bytes()[:50_000])
        with pytest.raises(BadArchiveError, match=r"is not a whole \.tar\.gz archive"):
            store.install("arm64", archive=path)
        assert _nothing_left(home)

    def test_damaged(self, tmp_path: Path, home: Path) -> None:
        path = write_release(tmp_path / "lib.tar.gz", {LIBRARY_IN_RELEASE: elf() + os.urandom(20_000)})
        whole = path.read_bytes()
        for place in range(3, len(whole), 997):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
            try:
                engine = store.install("arm64", archive=path)
            except BadArchiveError:
                assert _nothing_left(home)
            else:  # the file's own date and name are under no checksum
                assert len(engine.library.read_bytes()) == len(elf()) + 20_000
                shutil.rmtree(home)
        assert place > 19_000

    def test_no_archive_at_all(self, tmp_path: Path) -> None:
        path = tmp_path / "lib.tar.gz"
        path.write_text("<html>404</html>")
        with pytest.raises(BadArchiveError, match=r"is not a whole \.tar\.gz archive"):
            store.install("arm64", archive=path)

    def test_without_library_and_with_two(self, tmp_path: Path) -> None:
        none = write_release(tmp_path / "none.tar.gz", {"cxx/include/paddle_api.h": b""})
        with pytest.raises(BadArchiveError, match=r"none\.tar\.gz: holds no libpaddle_light_api_shared\.so"):
            store.install("arm64", archive=none)
        two = write_release(tmp_path / "two.tar.gz", {f"{it}/{LIBRARY_IN_RELEASE}": elf() for it in "ab"})
        with pytest.raises(BadArchiveError, match="holds 2 files"):
            store.install("arm64", archive=two)

    @pytest.mark.parametrize(
        ("name", "inside", "option", "version", "told_by"),
        [
            ("lib.tar.gz", "2.12", None, "2.12", "the library"),
            ("lib.v2.11.tar.gz", None, None, "2.11", "its name"),
            ("lib.v2.13rc0.tar.gz", None, None, "2.13rc0", "its name"),
            ("lib.tar.gz", None, "2.10", "2.10", "--version"),
            ("lib.tar.gz", "2.12", "2.12", "2.12", "--version"),
        ],
    )
    def test_version(
        self, tmp_path: Path, name: str, inside: str | None, option: str | None, version: str, told_by: str
    ) -> None:
        path = write_release(tmp_path / name, {LIBRARY_IN_RELEASE: elf(version=inside)})
        lines: list[str] = []
        assert store.install("arm64", archive=path, version=option, report=lines.append).version == version
        assert lines[-1] == f"it is Paddle Lite {version}, as {told_by} says"

    def test_version_unknown_or_contradicting(self, tmp_path: Path, home: Path) -> None:
        silent = write_release(tmp_path / "lib.tar.gz", {LIBRARY_IN_RELEASE: elf(version=None)})
        with pytest.raises(InvalidArgumentError, match=r"does not say which version .* add --version"):
            store.install("arm64", archive=silent)
        other = write_release(tmp_path / "lib.tar.gz", {LIBRARY_IN_RELEASE: elf(version="2.11")})
        with pytest.raises(InvalidArgumentError, match=r"--version is 2\.12, but .* that it is 2\.11"):
            store.install("arm64", archive=other, version="2.12")
        assert _nothing_left(home)

    def test_needs_an_archive(self) -> None:
        with pytest.raises(InvalidArgumentError, match=r"--target arm64 --archive FILE"):
            store.install("arm64")


def test_not_installed() -> None:
    with pytest.raises(EngineNotInstalledError, match=r"2\.12 for x86 is not installed .* `oarlock lite install`"):
        store.find("x86")
    with pytest.raises(EngineNotInstalledError, match=r"`oarlock lite install --target armv7 --archive FILE`"):
        store.find("armv7")
    assert store.installed() == []


def test_the_target_is_this_machines_by_default(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "machine_target", lambda: "armv7")
    with pytest.raises(InvalidArgumentError, match=r"for armv7 is not on PyPI"):
        store.install()
    monkeypatch.setattr(store, "machine_target", lambda: None)
    assert store.install(archive=wheel).target == "x86"


@pytest.mark.parametrize("version", ["../2.12", "2.12/../../x", "", "v2.12", "2"])
def test_versions_that_are_none(version: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"version is .*, expected one like 2\.12"):
        store.find("x86", version)
    with pytest.raises(InvalidArgumentError, match=r"version is .*, expected one like 2\.12"):
        store.install("arm64", version=version)


def test_unknown_target_and_version() -> None:
    with pytest.raises(InvalidArgumentError, match="target is 'sparc', expected one of: x86, arm64"):
        store.find("sparc")
    with pytest.raises(InvalidArgumentError, match=r"--version is 1\.0, expected one of: 2\.10, 2\.11, 2\.12, "):
        store.install("x86", version="1.0")


def _pin(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    pinned = PinnedFile("paddlelite", "2.12", path.name, sha256_file(path))
    monkeypatch.setitem(WHEELS, "2.12", fields_of(pinned))
