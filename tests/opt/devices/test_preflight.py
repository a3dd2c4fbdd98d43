"""What a board says of itself, and what does not fit it."""

from __future__ import annotations

import dataclasses
import platform
from pathlib import Path

import pytest

from oarlock import Bundle
from oarlock.bundle import Variant
from oarlock_opt.devices import preflight
from oarlock_opt.devices.connection import Connection
from oarlock_opt.devices.payload import Item, Payload
from oarlock_opt.devices.preflight import Facts
from oarlock_opt.errors import UnfitError
from tests.py.helpers import Build, make_bundle

PI3 = Facts(
    machine="aarch64",
    target="arm64",
    processor="Raspberry Pi 3 Model B Rev 1.2",
    system="Linux 6.1.21-v8+",
    features=frozenset({"fp", "asimd", "crc32", "cpuid"}),
    libc="glibc 2.31",
    memory=600 << 20,
    disk=8 << 30,
    existing="/home/pi",
    writable=True,
    missing=(),
)


def _variant(identifier: str, size: int = 20_000_000) -> Variant:
    target, precision = identifier.split("-")
    return Variant(identifier, target, precision, f"{identifier}.nb", "0" * 64, size, 10, "2.12")


def test_this_machine_by_ssh(connection: Connection, tmp_path: Path) -> None:
    facts = preflight.ask(connection, str(tmp_path / "a" / "b"), ["libc.so.6", "libnothing.so.7"])
    assert facts.machine == platform.machine()
    assert facts.target == "x86"
    assert facts.libc == " ".join(platform.libc_ver())
    assert "sse2" in facts.features
    assert facts.memory is not None
    assert facts.memory > 100 << 20
    assert facts.disk is not None
    assert facts.existing == str(tmp_path)
    assert facts.writable
    assert facts.missing == ("libnothing.so.7",)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("changes", "identifier", "reason"),
    [
        ({}, "arm64-fp32", None),
        ({}, "arm64-int8", None),
        ({}, "arm64-fp16", "it computes in fp16, which the processor there (Raspberry Pi 3 Model B Rev 1.2) has no"),
        ({"features": frozenset({"asimd", "asimdhp"})}, "arm64-fp16", None),
        ({}, "armv7-fp32", "it is for armv7, and the machine there runs arm64"),
        ({}, "x86-fp32", "it is for x86, and the machine there runs arm64"),
        ({}, "opencl-fp16", None),
        ({"target": "armv7", "features": frozenset({"vfpv3"})}, "armv7-fp32", "Paddle Lite needs NEON"),
        ({"target": None, "machine": "riscv64"}, "arm64-fp32", "the machine there is riscv64, for which there is no"),
        ({"memory": 64 << 20}, "arm64-fp32", "it takes some 91 MB of memory, and 68 MB are available there"),
        ({"memory": None}, "arm64-fp32", None),
    ],
)  # fmt: skip
def test_what_does_not_fit(changes: dict[str, object], identifier: str, reason: str | None) -> None:
    found = preflight.misfit(dataclasses.replace(PI3, **changes), _variant(identifier))  # type: ignore[arg-type]
    assert found is None if reason is None else found is not None and reason in found


def test_memory_of_small_weights_is_that_of_large_ones() -> None:
    assert preflight.needed_memory(_variant("arm64-int8w", 5_000_000)) == preflight.needed_memory(
        _variant("arm64-fp32")
    )
    assert preflight.needed_memory(_variant("arm64-int8", 5_000_000)) < preflight.needed_memory(_variant("arm64-fp32"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"libc": "glibc 2.28"}, "pi: has glibc 2.28, and the program needs glibc 2.31 or later; build it on"),
        ({"libc": "musl libc (aarch64)"}, "pi: has musl libc (aarch64), and the program needs glibc 2.31"),
        ({"libc": ""}, "pi: has a C library that is not known"),
        ({"missing": ("libgomp.so.1",)}, "pi: the library libgomp.so.1 is missing; install it there, on Debian with: "),
        ({"writable": False}, "pi: /home/pi cannot be written to"),
    ],
)  # fmt: skip
def test_what_the_program_lacks(changes: dict[str, object], sentence: str) -> None:
    payload = Payload("arm64", (Item("a", content=b"x"),), "b.oar", "e.so", (), frozenset(), (2, 31))
    preflight.check("pi", PI3, payload)
    with pytest.raises(UnfitError) as caught:
        preflight.check("pi", dataclasses.replace(PI3, **changes), payload)  # type: ignore[arg-type]
    assert caught.value.message.startswith(sentence)


def test_operators_that_the_library_does_not_name(build: Build, tmp_path: Path) -> None:
    bundle = Bundle.open(make_bundle(build, tmp_path / "b.oar", variants={"arm64-fp32": ("--target", "arm")}))
    variants = bundle.variants

    def remarks(content: bytes) -> list[str]:
        item = Item("engine.so", content=content)
        payload = Payload("arm64", (item,), "b.oar", "engine.so", variants, frozenset(), None)
        return list(preflight.kernel_remarks(bundle, payload))

    # A linker lets a name be the end of another.
    assert remarks(b"\0feed\0fetch\0depthwise_conv2d\0") == []
    [sentence] = remarks(b"\0feed\0fetch\0conv2d_transpose\0")
    assert sentence.startswith(
        "arm64-fp32 has the operators conv2d, which the Paddle Lite library for arm64 does not seem"
    )
    assert "with_extra" in sentence
