"""The app on a desktop JVM: every line compiled, models run through NativeClassifier, a signed APK."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import pytest

from tests.android.conftest import BUILD, CPP, DEMO, run
from tests.android.test_project import external_functions
from tests.conftest import ROOT, Figure
from tests.py.helpers import Build, make_bundle

pytestmark = pytest.mark.full


def test_every_jvm_test_passes_on_the_real_engine(maven: tuple[Path, str], figure: Figure) -> None:
    _, printed = maven
    counts = re.findall(r"Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)$", printed, re.MULTILINE)
    ran, failed, broken, skipped = map(int, counts[-1])
    assert (failed, broken, skipped) == (0, 0, 0)
    figure("Android: JVM tests", ran)
    # Ten photographs and 24 frames, each also as an Image but for the photographs.
    assert ran > 34 + 24
    growth = re.search(r"oarlock-figure: .*: (-?\d+)", printed)
    assert growth
    figure("Android: resident growth over 1,000 frames, bytes", int(growth[1]))


@pytest.mark.parametrize(("failure", "code"), [("fake_nan", "OAR-NOT-FINITE"), ("fake_throw_run", "OAR-ENGINE-FAILED")])
def test_an_engine_that_misbehaves_is_an_exception(
    failure: str, code: str, maven: tuple[Path, str], jni: Path, tmp_path: Path
) -> None:
    build = Build(Path(os.environ.get("OARLOCK_TEST_BUILD", ROOT / "build" / "host")))
    bundle = make_bundle(build, tmp_path / "small.oar")
    printed = run(
        "mvn", "-B", "-f", DEMO / "pom.xml", "-P", "native", "initialize", "surefire:test", "-Dtest=NonsenseTest",
        f"-Doarlock.build={BUILD}", f"-Doarlock.native={jni}", "-Doarlock.excluded=native",
        f"-Doarlock.fake.bundle={bundle}", f"-Doarlock.fake.engine={build.fake_engine}", f"-Doarlock.fake.code={code}",
        env=os.environ | {"OARLOCK_FAKE_FAILURE": failure},
    )  # fmt: skip
    assert re.search(r"Tests run: 1, Failures: 0, Errors: 0, Skipped: 0$", printed, re.MULTILINE)


def test_the_library_exports_the_functions_and_nothing_else(jni: Path) -> None:
    symbols = run("nm", "-D", "--defined-only", jni / "liboarlock_jni.so").split()[2::3]
    expected = {f"Java_dev_oarlock_NativeLibrary_{name}" for name in external_functions()} | {"JNI_OnLoad"}
    # What the C++ library instantiates inline is exported weakly whatever one does.
    assert {it for it in symbols if not it.startswith("_Z")} == expected


def test_libraries_are_aligned_to_16_kb(jni: Path) -> None:
    printed = run("python3", DEMO / "tools" / "check_alignment.py", jni)
    assert len(printed.splitlines()) == len(list(jni.glob("*.so")))
    assert all(line.endswith("aligned to 16384: ok") for line in printed.splitlines())


def test_generated_accessors_are_those_of_the_schema(tmp_path: Path) -> None:
    run("flatc", "--cpp", "--scoped-enums", "-o", tmp_path, CPP.parents[4] / "native" / "schema" / "paddle_lite_nb.fbs")
    name = "paddle_lite_nb_generated.h"
    assert (tmp_path / name).read_text() == (CPP / "generated" / name).read_text()


@pytest.fixture(scope="module")
def apk(maven: tuple[Path, str], lite0: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    assets = tmp_path_factory.mktemp("assets")
    (assets / "lite0.oar").symlink_to(lite0)
    path = BUILD / "oarlock-without-native.apk"
    run("python3", DEMO / "tools" / "assemble_apk.py", maven[0], path, "--assets", assets)
    return path


def test_manifest(apk: Path) -> None:
    badging = run("aapt", "dump", "badging", apk)
    assert "package: name='dev.oarlock.demo'" in badging
    assert "sdkVersion:'26'" in badging
    assert "targetSdkVersion:'36'" in badging
    assert "launchable-activity: name='dev.oarlock.demo.MainActivity'" in badging
    assert re.findall(r"uses-permission: name='(.*?)'", badging) == ["android.permission.CAMERA"]
    assert "uses-feature-not-required: name='android.hardware.camera'" in badging
    assert not re.search(r"^  uses-feature: name='android.hardware.camera'", badging, re.MULTILINE)
    assert "application-label-zh:" in badging
    tree = run("aapt", "dump", "xmltree", apk, "AndroidManifest.xml")
    activities = re.findall(r'"(dev\.oarlock\.demo\.\w+Activity)" \(Raw', tree)
    assert {"MainActivity", "SelftestActivity", "BenchmarkActivity"} == {it.rsplit(".", 1)[1] for it in activities}


def test_code(apk: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(apk) as archive:
        archive.extract("classes.dex", tmp_path)
    listing = run("dexdump", "-l", "plain", tmp_path / "classes.dex")
    classes = set(re.findall(r"Class descriptor  : '(L.*?;)'", listing))
    for name in ("NativeClassifier", "NativeLibrary", "OarlockException", "demo/MainActivity", "demo/R$layout"):
        assert f"Ldev/oarlock/{name};" in classes
    for source in (DEMO / "app/src/main/kotlin/dev/oarlock").rglob("*Activity.kt"):
        assert f"Ldev/oarlock/demo/{source.stem};" in classes


def test_bundle_is_stored_as_it_is(apk: Path, lite0: Path) -> None:
    with zipfile.ZipFile(apk) as archive:
        packed = {it.filename: it for it in archive.infolist() if it.filename.startswith("assets/")}
        files = {f"assets/lite0.oar/{it.relative_to(lite0).as_posix()}": it for it in lite0.rglob("*") if it.is_file()}
        assert set(packed) == set(files)
        for name, file in files.items():
            assert archive.read(name) == file.read_bytes()
            assert packed[name].compress_type == zipfile.ZIP_STORED or file.suffix not in (".nb", ".npy")


def test_apk_is_aligned_and_signed(apk: Path) -> None:
    run("zipalign", "-c", "-p", "4", apk)
    assert "Verified using v2 scheme (APK Signature Scheme v2): true" in run("apksigner", "verify", "-v", apk)
