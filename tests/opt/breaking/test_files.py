"""Files and folders that are not what they should be, before anything in them is looked at; places that cannot be
written to.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from oarlock import store
from tests.conftest import SmallDisk
from tests.opt.breaking.conftest import Refused

# ---- The source ---------------------------------------------------------------------------------------------------


def test_nothing_at_the_path(refused: Refused, tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "OAR-SOURCE-NOT-FOUND", "nowhere: no such file or folder")


def test_an_empty_folder(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "OAR-SOURCE-NOT-FOUND", "empty: holds no model, expected inference.json")


def test_a_link_that_leads_nowhere(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "inference.pdmodel").symlink_to(tmp_path / "gone.pdmodel")
    refused(tmp_path / "inference.pdmodel", "OAR-SOURCE-NOT-FOUND", "inference.pdmodel: no such file or folder")


def test_a_link_to_itself(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "inference.pdmodel").symlink_to(tmp_path / "inference.pdmodel")
    refused(tmp_path / "inference.pdmodel", "OAR-SOURCE-NOT-FOUND", "inference.pdmodel")


def test_a_folder_instead_of_the_program(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "model" / "inference.pdmodel").mkdir(parents=True)
    refused(tmp_path / "model", "OAR-SOURCE-NOT-FOUND", "model: holds no model")
    refused(tmp_path / "model" / "inference.pdmodel", "OAR-SOURCE-NOT-FOUND", "inference.pdmodel: holds no model")


@pytest.mark.parametrize("name", ["inference.pdmodel", "inference.json"])
def test_a_pipe_or_device_instead_of_the_program(refused: Refused, tmp_path: Path, name: str) -> None:
    """Neither waited for nor read without end."""
    os.mkfifo(tmp_path / name)
    refused(tmp_path / name, "OAR-SOURCE-UNSUPPORTED", f"{name}: neither a file nor a folder")
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/zero")
    refused(tmp_path / name, "OAR-SOURCE-UNSUPPORTED", f"{name}: neither a file nor a folder")


def test_missing_parameters(refused: Refused, legacy: Path) -> None:
    (legacy / "inference.pdiparams").unlink()
    refused(legacy, "OAR-SOURCE-NOT-FOUND", "parameters are missing, expected inference.pdiparams beside it")


def test_a_folder_instead_of_the_parameters(refused: Refused, legacy: Path) -> None:
    (legacy / "inference.pdiparams").unlink()
    (legacy / "inference.pdiparams").mkdir()
    refused(legacy, "OAR-SOURCE-NOT-FOUND", "parameters are missing")


def test_missing_parameters_of_a_pir_model(refused: Refused, pir: Path) -> None:
    (pir / "inference.pdiparams").unlink()
    refused(pir, "OAR-SOURCE-NOT-FOUND", "parameters are missing, expected inference.pdiparams beside it")


def test_two_models_in_a_folder(refused: Refused, legacy: Path) -> None:
    for suffix in ("pdmodel", "pdiparams"):
        (legacy / f"inference.{suffix}").rename(legacy / f"first.{suffix}")
        shutil.copy(legacy / f"first.{suffix}", legacy / f"second.{suffix}")
    refused(legacy, "OAR-SOURCE-AMBIGUOUS", "holds 2 models, first.pdmodel, second.pdmodel")


def test_two_parameter_files(refused: Refused, legacy: Path) -> None:
    (legacy / "inference.pdmodel").rename(legacy / "__model__")
    (legacy / "inference.pdiparams").rename(legacy / "__params__")
    shutil.copy(legacy / "__params__", legacy / "params")
    refused(legacy, "OAR-SOURCE-AMBIGUOUS", "holds two parameter files, __params__, params")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model.nb", "is a Paddle Lite model already"),
        ("model.onnx", "is an ONNX model"),
        ("model.pdparams", "--weights FILE"),
        ("model.pdiparams", "holds parameters without their program"),
        ("letter.txt", "not a source model, expected a .json (PIR) or .pdmodel file"),
        ("config.json", "not a PIR program"),
    ],
)
def test_a_file_of_another_kind(refused: Refused, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).write_text('{"architectures": ["none"]}')
    refused(tmp_path / name, "OAR-SOURCE-UNSUPPORTED", name, words)


def test_a_bundle(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "old.oar").mkdir()
    (tmp_path / "old.oar" / "bundle.json").write_text("{}")
    refused(tmp_path / "old.oar", "OAR-SOURCE-UNSUPPORTED", "is a bundle already")


def test_a_name_that_is_not_text(refused: Refused, tmp_path: Path) -> None:
    """It is no fault: what is wrong is told although the name cannot be printed."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/f\xfcr immer"))
    folder.mkdir()
    refused(folder, "OAR-SOURCE-NOT-FOUND", "holds no model")


@pytest.mark.skipif(os.geteuid() != 0, reason="to be another user for a while needs root")
def test_a_file_that_must_not_be_read(refused: Refused, legacy: Path, tmp_path: Path) -> None:
    """Root reads everything; the child gives that power away."""
    (legacy / "inference.pdmodel").chmod(0)
    os.chown(legacy / "inference.pdmodel", 65534, 65534)
    refused(legacy, "OAR-IO", "inference.pdmodel: Permission denied", preexec_fn=_without_powers)


def _without_powers() -> None:
    """Drop the capabilities to read, search and write what permissions forbid, in a child before it begins."""
    import ctypes

    libc = ctypes.CDLL(None)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP: what the next program cannot have


# ---- The destination ----------------------------------------------------------------------------------------------


def test_a_file_where_the_bundle_should_go(refused: Refused, legacy: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.oar").write_text("mine")
    refused(legacy, "OAR-DESTINATION", "broken.oar: is a file or a link")
    assert (tmp_path / "broken.oar").read_text() == "mine"


def test_a_link_where_the_bundle_should_go(refused: Refused, legacy: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.oar").symlink_to(legacy)
    refused(legacy, "OAR-DESTINATION", "broken.oar: is a file or a link")


def test_a_folder_of_something_else_where_the_bundle_should_go(refused: Refused, legacy: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.oar").mkdir()
    (tmp_path / "broken.oar" / "diary.txt").write_text("mine")
    refused(legacy, "OAR-DESTINATION", "broken.oar: a folder that is no bundle")
    assert (tmp_path / "broken.oar" / "diary.txt").read_text() == "mine"


def test_no_folder_for_the_bundle(refused: Refused, legacy: Path, tmp_path: Path) -> None:
    refused(legacy, "OAR-DESTINATION", "there is no folder", output=tmp_path / "deep" / "down.oar")


@pytest.mark.skipif(os.geteuid() != 0, reason="root gives its powers away here; others never had them")
def test_a_folder_that_is_read_only(refused: Refused, legacy: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    refused(legacy, "OAR-IO", "Permission denied", output=locked / "new.oar", preexec_fn=_without_powers)


@pytest.mark.parametrize("free", [0, 4096, 12288, 20480])
def test_a_full_disk(refused: Refused, legacy: Path, small_disk: SmallDisk, free: int) -> None:
    """Whenever it fills up: before the program is written, within the optimised model, within the bundle."""
    disk = small_disk(64)
    (disk / "filler").write_bytes(bytes((64 << 10) - free))
    code = "OAR-DESTINATION|OAR-OPT-OUTPUT"
    error = refused(legacy, code, str(disk), "the disk is full", output=disk / "new.oar")
    assert error["stage"] == ("write" if error["code"] == "OAR-DESTINATION" else "optimise")
    assert sorted(path.name for path in disk.iterdir()) == ["filler"]


# ---- The engine ---------------------------------------------------------------------------------------------------


def test_no_engine(refused: Refused, legacy: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "OARLOCK_HOME": str(tmp_path / "home")}
    refused(legacy, "OAR-ENGINE-NOT-INSTALLED", "oarlock lite install", env=environment)


def test_an_engine_that_was_overwritten(refused: Refused, legacy: Path, tmp_path: Path) -> None:
    library = store.find("x86").library
    home = tmp_path / "home"
    shutil.copytree(library.parent, home / "lite" / "2.12" / "x86", copy_function=os.link)
    (home / "lite" / "2.12" / "x86" / library.name).unlink()
    (home / "lite" / "2.12" / "x86" / library.name).write_text("something else")
    environment = {**os.environ, "OARLOCK_HOME": str(home)}
    refused(legacy, "OAR-ENGINE-NOT-INSTALLED", "is damaged", "oarlock lite install", env=environment)
