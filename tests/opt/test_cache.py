"""The cache: nothing is made twice, nothing wrong comes out of it, and nothing fails for want of it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from oarlock import store
from oarlock.errors import InvalidArgumentError
from oarlock_opt import cache as cache_module
from oarlock_opt import imported, variants
from oarlock_opt.cache import DEFAULT_SIZE, Cache, key_of, size_limit
from oarlock_opt.commands.opt import opt
from oarlock_opt.lite import worker
from tests.conftest import SmallDisk
from tests.schemas import validate

Copy = Callable[..., Path]

# ---- Entries -----------------------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "home" / "cache", limit=1 << 20)


def _keep(cache: Cache, key: str, folder: Path, size: int = 100) -> None:
    path = folder / f"{key}.bin"
    path.write_bytes(key.encode() * (size // len(key)))
    cache.keep("things", key, {"size": size}, {"thing": path})
    path.unlink()


def _entry(tmp_path: Path, key: str) -> Path:
    return tmp_path / "home" / "cache" / "things" / key


def test_what_was_kept_is_found(cache: Cache, tmp_path: Path) -> None:
    assert cache.find("things", "aa") is None
    _keep(cache, "aa", tmp_path)
    entry = cache.find("things", "aa")
    assert entry is not None
    assert entry.facts == {"size": 100}
    assert entry.take("thing", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"aa" * 50
    assert cache.find("others", "aa") is None
    assert not entry.take("other", tmp_path / "none")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "thing").write_bytes(b"ab" * 50),
        lambda folder: (folder / "thing").write_bytes(b"aa" * 49),
        lambda folder: (folder / "thing").unlink(),
    ],
)
def test_damaged_files_are_noticed_and_kept_anew(cache: Cache, tmp_path: Path, damage: Callable[[Path], Any]) -> None:
    _keep(cache, "aa", tmp_path)
    damage(_entry(tmp_path, "aa"))
    entry = cache.find("things", "aa")
    assert entry is not None
    assert not entry.take("thing", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert cache.find("things", "aa") is None
    _keep(cache, "aa", tmp_path)
    again = cache.find("things", "aa")
    assert again is not None
    assert again.take("thing", tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"sha256": "0", "body": {}}', b"[" * 100_000])
def test_damaged_records_are_noticed(cache: Cache, tmp_path: Path, content: bytes) -> None:
    _keep(cache, "aa", tmp_path)
    (_entry(tmp_path, "aa") / "entry.json").write_bytes(content)
    assert cache.find("things", "aa") is None
    assert not _entry(tmp_path, "aa").exists()


def test_the_rest_of_an_interrupted_removal_is_in_nobodys_way(cache: Cache, tmp_path: Path) -> None:
    _keep(cache, "aa", tmp_path)
    (_entry(tmp_path, "aa") / "entry.json").unlink()
    assert cache.find("things", "aa") is None
    _keep(cache, "aa", tmp_path)
    assert cache.find("things", "aa") is not None


def test_facts_that_were_changed_are_noticed(cache: Cache, tmp_path: Path) -> None:
    _keep(cache, "aa", tmp_path)
    record = _entry(tmp_path, "aa") / "entry.json"
    record.write_text(record.read_text(encoding="utf-8").replace("100", "101"), encoding="utf-8")
    assert cache.find("things", "aa") is None


def test_what_was_not_used_for_the_longest_time_goes(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "home" / "cache", limit=25_000)
    for age, key in enumerate(("aa", "bb")):
        _keep(cache, key, tmp_path, 10_000)
        os.utime(_entry(tmp_path, key) / "entry.json", (1_000 + age, 1_000 + age))
    assert cache.find("things", "aa") is not None, "which marks it as used"
    _keep(cache, "cc", tmp_path, 10_000)
    assert [key for key in ("aa", "bb", "cc") if cache.find("things", key)] == ["aa", "cc"]
    _keep(cache, "dd", tmp_path, 30_000)
    assert cache.find("things", "dd") is None, "larger than all of it"
    assert cache.find("things", "aa") is not None


def test_without_room_nothing_is_found_or_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "home" / "cache", limit=0)
    _keep(cache, "aa", tmp_path)
    assert cache.find("things", "aa") is None
    assert not Cache.none().enabled
    assert not (tmp_path / "home").exists()


def test_a_full_disk_is_a_remark(small_disk: SmallDisk, tmp_path: Path) -> None:
    tiny_disk = small_disk(16)
    remarks: list[str] = []
    cache = Cache(tiny_disk / "cache", limit=1 << 20, remark=remarks.append)
    for key in ("aa", "bb"):
        _keep(cache, key, tmp_path, 100_000)
        assert cache.find("things", key) is None
    (remark,) = remarks
    assert f"nothing is kept in the cache {tiny_disk}/cache: No space left on device" in remark
    assert not [path for path in (tiny_disk / "cache" / "things").iterdir() if path.name != "lock"]


def test_a_folder_that_cannot_be_written_is_a_remark(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remarks: list[str] = []
    cache = Cache(tmp_path / "file" / "cache", limit=1 << 20, remark=remarks.append)
    _keep(cache, "aa", tmp_path)
    assert cache.find("things", "aa") is None
    assert len(remarks) == 1


_KEEPER = """
import sys
from pathlib import Path
from oarlock_opt.cache import Cache
cache = Cache(Path(sys.argv[1]), limit=60_000)
work = Path(sys.argv[2])
for turn in range(40):
    for key in ("aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh"):
        entry = cache.find("things", key)
        if entry is not None:
            if entry.take("thing", work / "out"):
                assert (work / "out").read_bytes() == key.encode() * 5000
            continue
        (work / "new").write_bytes(key.encode() * 5000)
        cache.keep("things", key, {}, {"thing": work / "new"})
        (work / "new").unlink()
"""


def test_processes_may_share_it(tmp_path: Path) -> None:
    children = []
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        command = [sys.executable, "-c", _KEEPER, str(tmp_path / "cache"), str(tmp_path / str(number))]
        children.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
    for child in children:
        _, said = child.communicate(timeout=120)
        assert child.returncode == 0, said
    entries = [path for path in (tmp_path / "cache" / "things").iterdir() if path.is_dir()]
    assert sum(each.stat().st_size for path in entries for each in path.iterdir()) <= 60_000
    assert not [path for path in entries if path.name.startswith(".")], "temporary folders are gone"


def test_keys_tell_everything_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {key_of(a=1, b=2), key_of(a=1, b=3), key_of(a=1, c=2), key_of(a=[1], b=2)}
    monkeypatch.setattr(cache_module, "_FORMAT", 999)
    keys.add(key_of(a=1, b=2))
    assert len(keys) == 5


@pytest.mark.parametrize(
    ("text", "size"),
    [("", DEFAULT_SIZE), ("0", 0), ("1000", 1000), ("500MB", 500_000_000), ("2.5g", 2_500_000_000), ("10 KB", 10_000)],
)
def test_the_size_is_read(monkeypatch: pytest.MonkeyPatch, text: str, size: int) -> None:
    monkeypatch.setenv("OARLOCK_CACHE_SIZE", text)
    assert size_limit() == size


@pytest.mark.parametrize("text", ["much", "-1", "1 lot", "GB"])
def test_a_size_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("OARLOCK_CACHE_SIZE", text)
    with pytest.raises(InvalidArgumentError, match="expected a size such as 500MB"):
        size_limit()


# ---- oarlock opt -------------------------------------------------------------------------------------------------


@pytest.fixture
def home(engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the installed engines and an empty cache, which is on."""
    assert engine.is_file()
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "lite").symlink_to(store.home() / "lite")
    monkeypatch.setenv("OARLOCK_HOME", str(folder))
    monkeypatch.setenv("OARLOCK_CACHE_SIZE", "100MB")
    return folder


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done and not remembered: "import", and the ids of what was optimised."""
    done: list[str] = []
    read_graph, optimize = imported.read_graph, worker.optimize

    def reading(files: Any) -> Any:
        done.append("import")
        return read_graph(files)

    def optimizing(program: Path, params: Path, variants: Any, **options: Any) -> Any:
        done.extend(variant.id for variant in variants)
        return optimize(program, params, variants, **options)

    monkeypatch.setattr(imported, "read_graph", reading)
    monkeypatch.setattr(variants.worker, "optimize", optimizing)
    return done


def _opt(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(opt, [*map(str, arguments), "--preprocess", "none", "--name", "same", "--json"])
    assert result.exit_code == status, f"{result.output}\n{result.exception!r}"
    return result


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _cached(result: Result) -> list[bool]:
    said = json.loads(result.stdout)
    validate(said, "opt")
    return [variant["cached"] for variant in said["variants"]]


@pytest.mark.usefixtures("home")
def test_the_second_run_makes_nothing(models: Path, tmp_path: Path, worked: list[str]) -> None:
    options = ("--target", "x86,arm64,armv7", "--no-golden")
    first = _opt(models / "digits", "-o", tmp_path / "a.oar", *options)
    assert worked == ["import", "x86-fp32", "arm64-fp32", "armv7-fp32"]
    assert _cached(first) == [False] * 3
    worked.clear()
    second = _opt(models / "digits", "-o", tmp_path / "b.oar", *options)
    assert worked == []
    assert _cached(second) == [True] * 3
    without = _opt(models / "digits", "-o", tmp_path / "c.oar", *options, "--no-cache")
    assert _cached(without) == [False] * 3
    assert len(worked) == 4
    assert _bytes(tmp_path / "a.oar") == _bytes(tmp_path / "b.oar") == _bytes(tmp_path / "c.oar")


@pytest.mark.usefixtures("home")
def test_only_what_is_new_is_made(models: Path, copy: Copy, tmp_path: Path, worked: list[str]) -> None:
    options = ("-o", tmp_path / "a.oar", "--no-golden")
    _opt(models / "digits", *options, "--target", "x86")
    worked.clear()
    assert _cached(_opt(copy("digits"), *options, "--target", "armv7,x86")) == [True, False]
    assert worked == ["armv7-fp32"], "the same files elsewhere are the same model"
    worked.clear()
    _opt(models / "thousand", *options, "--target", "x86")
    assert worked == ["import", "x86-fp32"]


@pytest.mark.usefixtures("home")
def test_a_model_that_changed_is_another(copy: Copy, tmp_path: Path, worked: list[str]) -> None:
    folder = copy("digits")
    options = ("--target", "x86", "--no-golden")
    _opt(folder, "-o", tmp_path / "a.oar", *options)
    params = folder / "inference.pdiparams"
    params.write_bytes(params.read_bytes()[:-4] + b"\0\0\0\0")
    worked.clear()
    _opt(folder, "-o", tmp_path / "b.oar", *options)
    assert worked == ["import", "x86-fp32"]
    assert _bytes(tmp_path / "a.oar")["x86-fp32.nb"] != _bytes(tmp_path / "b.oar")["x86-fp32.nb"]


def test_answers_of_the_reference_are_remembered(
    home: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--target", "x86")
    _opt(models / "two-tensors", "-o", tmp_path / "a.oar", *options, "--labels", "none")
    assert len(list((home / "cache" / "answers").iterdir())) == 1

    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("PaddlePaddle is asked again")

    monkeypatch.setattr("oarlock_opt.reference.run", refuse)
    _opt(models / "two-tensors", "-o", tmp_path / "b.oar", *options, "--labels", "none")
    assert _bytes(tmp_path / "a.oar") == _bytes(tmp_path / "b.oar")


@pytest.mark.full
def test_exports_of_the_zoo_are_remembered(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--weights", "random", "--target", "x86", "--no-golden")
    _opt("EfficientNetLite0", "-o", tmp_path / "a.oar", *options)
    (entry,) = (home / "cache" / "exports").iterdir()

    def refuse(*arguments: Any) -> None:
        raise AssertionError("PaddlePaddle exports it again")

    with monkeypatch.context() as patched:
        patched.setattr("oarlock_opt.zoo.export.export", refuse)
        _opt("EfficientNetLite0", "-o", tmp_path / "b.oar", *options)
    assert _bytes(tmp_path / "a.oar") == _bytes(tmp_path / "b.oar")
    (entry / "inference.pdiparams").unlink()
    _opt("EfficientNetLite0", "-o", tmp_path / "c.oar", *options)
    assert _bytes(tmp_path / "a.oar") == _bytes(tmp_path / "c.oar")
    _opt("EfficientNetLite0", "-o", tmp_path / "d.oar", *options, "--seed", "1")
    assert _bytes(tmp_path / "a.oar") != _bytes(tmp_path / "d.oar")


def test_damage_is_mended(home: Path, models: Path, tmp_path: Path, worked: list[str]) -> None:
    options = ("--target", "x86,arm64", "--no-golden")
    _opt(models / "digits", "-o", tmp_path / "a.oar", *options)
    for path in (home / "cache").rglob("*"):
        if path.is_file() and path.name not in ("entry.json", "lock"):
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.unlink()  # it may be one with the file in the bundle
            path.write_bytes(content)
    worked.clear()
    for name, made in (("b", ["import", "x86-fp32", "arm64-fp32"]), ("c", [])):
        _opt(models / "digits", "-o", tmp_path / f"{name}.oar", *options)
        assert worked == made
        assert _bytes(tmp_path / f"{name}.oar") == _bytes(tmp_path / "a.oar")
        worked.clear()


def test_changing_a_bundle_changes_no_other(home: Path, models: Path, tmp_path: Path) -> None:
    options = ("--target", "x86", "--no-golden")
    assert not (home / "cache").exists()
    for name in ("a", "b"):
        _opt(models / "digits", "-o", tmp_path / f"{name}.oar", *options)
    good = _bytes(tmp_path / "b.oar")
    (tmp_path / "a.oar" / "x86-fp32.nb").write_bytes(b"changed in place")
    assert _bytes(tmp_path / "b.oar") == good
    _opt(models / "digits", "-o", tmp_path / "c.oar", *options)
    assert _bytes(tmp_path / "c.oar") == good


def test_a_failure_is_not_remembered(home: Path, copy: Copy, tmp_path: Path) -> None:
    def unknown(op: Any) -> None:
        if op.type == "swish":
            op.type = "frobnicate"

    folder = copy("digits", unknown)
    for _ in range(2):
        result = _opt(folder, "-o", tmp_path / "a.oar", "--no-golden", "--target", "x86", status=1)
        error = json.loads(result.stdout)["error"]
        assert error["code"] == "OAR-NO-KERNEL"
        assert "frobnicate (operator 9)" in error["message"], "the layer is known in the second run as well"
    assert not (home / "cache" / "variants").exists()


def test_a_home_that_cannot_be_written(
    home: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "cache").write_text("in the way", encoding="utf-8")
    result = _opt(models / "digits", "-o", tmp_path / "a.oar", "--no-golden", "--target", "x86")
    assert result.stderr.count("nothing is kept in the cache") == 1
    monkeypatch.setenv("OARLOCK_CACHE_SIZE", "lots")
    result = _opt(models / "digits", "-o", tmp_path / "a.oar", "--no-golden", "--target", "x86", status=1)
    assert "OARLOCK_CACHE_SIZE is 'lots'" in result.stderr
    _opt(models / "digits", "-o", tmp_path / "a.oar", "--no-golden", "--target", "x86", "--no-cache")


def test_files_have_the_permissions_of_the_users_mask(home: Path, models: Path, tmp_path: Path) -> None:
    _opt(models / "digits", "-o", tmp_path / "a.oar", "--no-golden", "--target", "x86")
    mask = os.umask(0)
    os.umask(mask)
    for path in (home / "cache").rglob("*.nb"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
