from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.android.conftest import DEMO

SCRIPT = DEMO / "tools" / "check_alignment.py"


def elf(alignments: list[int], *, bits: int = 64) -> bytes:
    """A shared library's headers: LOAD segments with these alignments, and one that is none, with the least."""
    segments = [(1, it) for it in alignments] + [(4, 4)]
    if bits == 64:
        head = struct.pack(
            "<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 3, 183, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0
        )
        body = [struct.pack("<IIQQQQQQ", kind, 5, 0, 0, 0, 0, 0, align) for kind, align in segments]
    else:
        head = struct.pack(
            "<4sBBBB8xHHIIIIIHHHHHH", b"\x7fELF", 1, 1, 1, 0, 3, 40, 1, 0, 52, 0, 0, 52, 32, len(segments), 0, 0, 0
        )
        body = [struct.pack("<IIIIIIII", kind, 0, 0, 0, 0, 0, 5, align) for kind, align in segments]
    return head + b"".join(body) + b"\0" * 64


def check(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *paths], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("alignments", "bits", "status"),
    [([16384, 16384], 64, 0), ([65536], 64, 0), ([16384, 4096], 64, 1), ([4096], 64, 1), ([4096], 32, 0)],
)
def test_load_segments_decide(alignments: list[int], bits: int, status: int, tmp_path: Path) -> None:
    library = tmp_path / "libx.so"
    library.write_bytes(elf(alignments, bits=bits))
    done = check(library)
    assert done.returncode == status
    assert f"{bits}-bit, aligned to {min(alignments)}" in done.stdout
    assert ("NOT LOADED" in done.stdout) == bool(status)


def test_folders_and_packages_are_looked_through(tmp_path: Path) -> None:
    folder = tmp_path / "lib" / "arm64-v8a"
    folder.mkdir(parents=True)
    (folder / "libgood.so").write_bytes(elf([16384]))
    assert check(tmp_path).returncode == 0
    (folder / "libbad.so").write_bytes(elf([4096]))
    assert check(tmp_path).returncode == 1
    with zipfile.ZipFile(tmp_path / "app.apk", "w") as apk:
        apk.write(folder / "libbad.so", "lib/arm64-v8a/libbad.so")
    done = check(tmp_path / "app.apk")
    assert done.returncode == 1
    assert "app.apk!lib/arm64-v8a/libbad.so" in done.stdout


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"PK not a zip", elf([])[:100], elf([])])
def test_what_is_no_library_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "libx.so"
    path.write_bytes(data)
    done = check(path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_usage() -> None:
    assert check().returncode == 2


def test_the_linker_is_read_rightly(tmp_path: Path) -> None:
    source = tmp_path / "x.c"
    source.write_text("int x(void) { return 1; }\n")
    for size, status in ((4096, 1), (16384, 0)):
        library = tmp_path / f"lib{size}.so"
        subprocess.run(["cc", "-shared", "-fPIC", f"-Wl,-z,max-page-size={size}", "-o", library, source], check=True)
        assert check(library).returncode == status
