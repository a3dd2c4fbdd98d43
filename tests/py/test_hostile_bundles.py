"""Bundles that are wrong on purpose, through Python: every refusal is one of oarlock's, and the process lives on."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oarlock import Bundle, signing
from oarlock.errors import BadBundleError, HashMismatchError, InternalError, OarlockError, VersionMismatchError

from ..conftest import Figure
from .helpers import Build, file_entry, make_bundle

_MUTATIONS = 1000


@pytest.fixture(scope="module")
def sound(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with a golden case, which is signed."""
    folder = make_bundle(build, tmp_path_factory.mktemp("sound") / "sound.oar")
    (folder / "golden").mkdir()
    recorded = []
    for name in ("0.input.npy", "0.output.npy"):
        (folder / "golden" / name).write_bytes(b"tensor")
        recorded.append({"name": "x", **file_entry(folder / "golden" / name), "file": f"golden/{name}"})
    data = json.loads((folder / "bundle.json").read_text())
    data["golden"] = {
        "reference": {"engine": "paddle", "version": "3.3.1", "device": "cpu"},
        "cases": [{"name": "0", "image": None, "inputs": recorded[:1], "outputs": recorded[1:]}],
        "tolerances": {"fp32": {"max_relative_error": 1e-5}},
    }
    (folder / "bundle.json").write_text(json.dumps(data, indent=2))
    pair = signing.make_key(folder.parent / "key")
    signing.sign(folder, pair.private_key, bytes)
    return folder


@pytest.fixture
def bundle(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "hostile.oar")
    return tmp_path / "hostile.oar"


def edit(bundle: Path, change: Callable[[dict[str, Any]], None]) -> None:
    data = json.loads((bundle / "bundle.json").read_text())
    change(data)
    (bundle / "bundle.json").write_text(json.dumps(data))


class TestBundleJson:
    def test_formats_of_the_future(self, bundle: Path) -> None:
        for version in (2, 1 << 62):
            edit(bundle, lambda data, version=version: data.update(format_version=version))  # type: ignore[misc]
            with pytest.raises(VersionMismatchError, match=rf"format_version is {version}, this Oarlock"):
                Bundle(bundle)
        edit(bundle, lambda data: data.update(format_version=0))
        with pytest.raises(BadBundleError, match="format_version is 0"):
            Bundle(bundle)

    @pytest.mark.parametrize(
        "name",
        [
            "../x.nb",
            "/etc/passwd",
            "a/../../x",
            "..",
            ".",
            "",
            "a//b",
            "golden/a/b",
            "a\0b",
            "a\\b",
            "bundle.json",
            "ü.nb",
        ],
    )
    def test_names_of_files(self, bundle: Path, name: str) -> None:
        edit(bundle, lambda data: data["variants"][0].update(file=name))
        with pytest.raises(BadBundleError, match=r"variants\[0\]\.file is"):
            Bundle(bundle)

    def test_the_same_variant_twice(self, bundle: Path) -> None:
        edit(bundle, lambda data: data["variants"].append(data["variants"][0]))
        with pytest.raises(BadBundleError, match="which an earlier variant is called too"):
            Bundle(bundle)

    def test_the_same_file_with_two_hashes(self, bundle: Path) -> None:
        edit(bundle, lambda data: data["variants"][1].update(file=data["variants"][0]["file"], sha256="0" * 64))
        with pytest.raises(BadBundleError, match="another hash or size than an earlier entry does"):
            Bundle(bundle)

    def test_the_same_key_twice(self, bundle: Path) -> None:
        text = (bundle / "bundle.json").read_text()
        (bundle / "bundle.json").write_text('{"name": "first", ' + text.lstrip()[1:])
        with pytest.raises(BadBundleError, match='has the key "name" twice in one object'):
            Bundle(bundle)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"[" * 100_000, "nests deeper than 32"),
            (b'{"a":' * 100_000, "nests deeper than 32"),
            (b'{"format": "\xff"}', "is no JSON"),
            (b'{"format": "\xed\xa0\x80"}', "is no JSON"),
            (b'{"format": "\\ud800"}', "is no JSON"),
            (b"\xef\xbb\xbf{}", "is no JSON: begins with a byte order mark"),
            (b"{}\0", "is no JSON: holds a NUL byte"),
            (b'{"format": 1e999}', "is no JSON"),
            (b'{"format": NaN}', "is no JSON"),
            (b"", "is no JSON"),
            (b" " * ((4 << 20) + 1), "has 4194305 bytes, expected at most 4194304"),
        ],
    )
    def test_text(self, bundle: Path, content: bytes, sentence: str) -> None:
        (bundle / "bundle.json").write_bytes(content)
        with pytest.raises(BadBundleError, match=rf"bundle\.json: {sentence}"):
            Bundle(bundle)

    def test_what_python_would_not_read(self, bundle: Path) -> None:
        """Python refuses whole numbers of 4301 digits, the core numbers beyond those of a double."""
        text = (bundle / "bundle.json").read_text().replace('"quantisation": null', '"quantisation": {"a": %s}', 1)
        for digits in (300, 5000):
            (bundle / "bundle.json").write_text(text.replace("%s", "9" * digits))
            if digits == 300:
                assert Bundle(bundle).data["variants"][0]["quantisation"]["a"] > 1e299
            else:
                with pytest.raises(BadBundleError, match=r"bundle\.json: is no JSON"):
                    Bundle(bundle)


class TestFiles:
    @pytest.mark.parametrize("name", ["bundle.json", "labels.txt", "x86-fp32.nb", "golden/0.input.npy"])
    def test_links(self, bundle: Path, tmp_path: Path, name: str) -> None:
        (bundle / name).rename(tmp_path / "elsewhere")
        (bundle / name).symlink_to(tmp_path / "elsewhere")
        with pytest.raises(BadBundleError, match=rf"{name}: is a link; a bundle holds its files itself"):
            Bundle(bundle)

    def test_linked_folder(self, bundle: Path, tmp_path: Path) -> None:
        (bundle / "golden").rename(tmp_path / "elsewhere")
        (bundle / "golden").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(BadBundleError, match="golden: is a link or a file, expected a folder of the bundle"):
            Bundle(bundle)

    @pytest.mark.parametrize("name", ["bundle.json", "labels.txt", "x86-fp32.nb"])
    @pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device"])
    def test_special_files(self, bundle: Path, name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        (bundle / name).unlink()
        if kind == "folder":
            (bundle / name).mkdir()
        elif kind == "pipe":
            os.mkfifo(bundle / name)
        elif kind == "socket":
            monkeypatch.chdir(bundle)
            socket.socket(socket.AF_UNIX).bind(name)
        else:
            try:
                os.mknod(bundle / name, 0o20666, os.makedev(1, 5))  # /dev/zero
            except PermissionError:
                pytest.skip("this user may not make devices")
        with pytest.raises(BadBundleError, match=f"{name}: is no regular file"):
            Bundle(bundle)

    def test_labels_that_are_no_text(self, bundle: Path) -> None:
        (bundle / "labels.txt").write_bytes(b"caf\xe9\n" * 10)
        edit(bundle, lambda data: data["labels"].update(file_entry(bundle / "labels.txt")))
        with pytest.raises(BadBundleError, match=r"labels\.txt: line 1 is no UTF-8 text"):
            Bundle(bundle)


def _values(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to all values below the root."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found = [path] if path else []
    for key, value in children:
        found += _values(value, (*path, key))
    return found


def _at(node: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        node = node[key]
    return node


def _mutate_structure(bundle: Path, dice: random.Random) -> None:
    data = json.loads((bundle / "bundle.json").read_text())
    for _ in range(dice.randint(1, 3)):
        places = _values(data)
        *parent, key = dice.choice(places)
        holder = _at(data, tuple(parent))
        if dice.random() < 0.3:
            del holder[key]
        elif dice.random() < 0.5:
            holder[key] = json.loads(json.dumps(_at(data, dice.choice(places))))
        else:
            holder[key] = dice.choice(_INTRUDERS)
    (bundle / "bundle.json").write_text(json.dumps(data))


def _mutate_bytes(file: Path, dice: random.Random) -> None:
    content = bytearray(file.read_bytes())
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(content))
        change = dice.randrange(4)
        if change == 0:
            content[at] ^= 1 << dice.randrange(8)
        elif change == 1:
            content[at] = dice.randrange(256)
        elif change == 2:
            content[at:at] = content[dice.randrange(len(content)) :][: dice.randint(1, 40)]
        else:
            del content[at : at + dice.choice((1, 3, 1000))]
        content = content or bytearray(b"\0")
    file.write_bytes(content)


def _mutate_folder(bundle: Path, dice: random.Random) -> None:
    name = dice.choice(_FILES)
    other = bundle / dice.choice(_FILES)
    file = bundle / name
    change = dice.randrange(7)
    if change == 0:
        file.unlink()
    elif change == 1:
        file.unlink()
        file.symlink_to(other)
    elif change == 2:
        file.unlink()
        os.mkfifo(file)
    elif change == 3:
        file.unlink()
        file.mkdir()
    elif change == 4:
        shutil.copy(other, f"{file}.new")
        Path(f"{file}.new").replace(file)
    elif change == 5:
        shutil.rmtree(bundle / "golden")
        (bundle / "golden").symlink_to(bundle)
    else:
        (bundle / "extra").mkdir()
        (bundle / "extra" / "link").symlink_to("/etc")


_INTRUDERS = (
    None,
    True,
    0,
    -1,
    1 << 63,
    1e308,
    0.5,
    "",
    "..",
    "../../etc/passwd",
    "labels.txt",
    "\0",
    "x" * 3000,
    [],
    {},
)
_FILES = ("bundle.json", "bundle.sig", "labels.txt", "x86-fp32.nb", "arm64-fp32.nb", "golden/0.input.npy")


def _use(bundle: Path, public_key: Path) -> OarlockError | None:
    """Ask a bundle for everything that needs no engine. Returns the refusal, if there is one."""
    try:
        opened = Bundle.open(bundle)
        for name in opened.files:
            assert opened.file(name).is_file()
        _ = opened.name, opened.preprocess, [opened.label(number) for number in (-1, 0, 9, 10)]
        for variant in opened.variants:
            assert opened.pick_variant(variant.id) == variant
        opened.verify_signature(public_key)
    except OarlockError as error:
        return error
    return None


def test_mutated_bundles(sound: Path, tmp_path: Path, figure: Figure) -> None:
    """A thousand, seeded: the process lives on, and whatever is refused is refused with a typed error."""
    public_key = sound.parent / "key.pub"
    outcomes: Counter[str] = Counter()
    for seed in range(_MUTATIONS):
        dice = random.Random(seed)
        bundle = tmp_path / f"{seed}.oar"
        shutil.copytree(sound, bundle)
        match seed % 4:
            case 0:
                _mutate_structure(bundle, dice)
            case 1:
                _mutate_bytes(bundle / dice.choice(("bundle.json", "bundle.json", *_FILES)), dice)
            case 2:
                _mutate_folder(bundle, dice)
            case _:
                _mutate_structure(bundle, dice)
                _mutate_folder(bundle, dice)
        refusal = _use(bundle, public_key)
        assert refusal is None or str(bundle) in refusal.message, (seed, refusal)
        assert not isinstance(refusal, InternalError), (seed, refusal)
        outcomes["accepted" if refusal is None else refusal.code] += 1
        shutil.rmtree(bundle)
    # A copy of a file in place of itself, and the like.
    assert outcomes["accepted"] < _MUTATIONS / 20
    assert outcomes["OAR-BAD-BUNDLE"] > _MUTATIONS / 4
    assert len(outcomes) > 5
    for outcome, count in outcomes.items():
        figure(f"{_MUTATIONS} mutated bundles: {outcome}", count)
    assert _use(sound, public_key) is None


def test_hash_errors_are_not_bundle_errors_of_another_kind() -> None:
    assert not issubclass(HashMismatchError, BadBundleError)
