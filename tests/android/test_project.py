"""What can be told of the Android project by reading it."""

from __future__ import annotations

import re
import subprocess
from xml.etree import ElementTree

import pytest

from tests.android.conftest import CPP, DEMO
from tests.conftest import ROOT

MAIN = DEMO / "app" / "src" / "main"
KOTLIN = MAIN / "kotlin"
RES = MAIN / "res"
ANDROID = "{http://schemas.android.com/apk/res/android}"


def external_functions() -> dict[str, int]:
    """Names and numbers of parameters of Kotlin's external functions."""
    found: dict[str, int] = {}
    for source in KOTLIN.rglob("*.kt"):
        for name, parameters in re.findall(r"external fun (\w+)\(([^)]*)\)", source.read_text()):
            assert source.stem == "NativeLibrary"
            found[name] = len([it for it in parameters.split(",") if it.strip()])
    return found


def jni_functions() -> dict[str, int]:
    """Names and numbers of parameters, after the environment and the object, of JNI's functions."""
    found: dict[str, int] = {}
    for source in CPP.glob("*.cc"):
        for name, parameters in re.findall(
            r"JNICALL\s+Java_dev_oarlock_NativeLibrary_(\w+)\(([^)]*)\)", source.read_text()
        ):
            found[name] = parameters.count(",") - 1
    return found


def test_every_external_function_has_its_jni_function_and_the_reverse() -> None:
    functions = external_functions()
    assert len(functions) > 10
    assert functions == jni_functions()


def test_nothing_binary_is_checked_in() -> None:
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", DEMO], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / it for it in files.stdout.split()]
    assert len(paths) > 40
    for path in paths:
        assert b"\0" not in path.read_bytes(), path


def test_no_path_or_account_of_a_computer_is_in_the_project() -> None:
    for path in DEMO.rglob("*"):
        if path.is_file() and path.suffix in (".kts", ".toml", ".properties", ".xml", ".txt", ".cmake"):
            assert not re.search(r"(/home/|/root/|/Users/|[A-Z]:\\\\|sdk\.dir|ndk\.dir)", path.read_text()), path


def strings(folder: str) -> dict[str, list[str]]:
    """Texts by name; arrays have several."""
    root = ElementTree.parse(RES / folder / "strings.xml").getroot()
    return {str(it.get("name")): [it.text or "", *(item.text or "" for item in it)] for it in root}


def test_chinese_has_every_string_with_the_same_arguments() -> None:
    english, chinese = strings("values"), strings("values-zh")
    assert english.keys() == chinese.keys()
    for name, texts in english.items():
        assert len(texts) == len(chinese[name]), name
        for text, other in zip(texts, chinese[name], strict=True):
            assert sorted(re.findall(r"%\d\$[.\d]*\w", text)) == sorted(re.findall(r"%\d\$[.\d]*\w", other)), name


def test_every_string_is_used_and_no_layout_has_words_of_its_own() -> None:
    sources = "".join(
        it.read_text() for it in [*KOTLIN.rglob("*.kt"), *RES.rglob("layout*/*.xml"), MAIN / "AndroidManifest.xml"]
    )
    for name in strings("values"):
        assert re.search(rf"(R\.(string|array)\.|@string/){name}\b", sources), name
    for layout in RES.rglob("layout*/*.xml"):
        for element in ElementTree.parse(layout).iter():
            for attribute in ("text", "contentDescription", "hint"):
                value = element.get(ANDROID + attribute)
                assert value is None or value.startswith("@string/"), f"{layout}: {value}"


def test_everything_that_can_be_pressed_or_seen_has_a_label_and_room() -> None:
    for layout in RES.rglob("layout*/*.xml"):
        root = ElementTree.parse(layout)
        labelled = {it.get(ANDROID + "labelFor") for it in root.iter()}
        for element in root.iter():
            where = f"{layout}: {element.get(ANDROID + 'id')}"
            if element.tag in ("ImageView", "SurfaceView", "ImageButton"):
                assert element.get(ANDROID + "contentDescription"), where
            if element.tag in ("Button", "Spinner"):
                assert element.get(ANDROID + "minHeight") == "48dp", where
            if element.tag == "Spinner":
                assert str(element.get(ANDROID + "id")) in labelled, where


def test_both_themes_and_both_orientations_have_the_same_parts() -> None:
    for name in ("themes.xml",):
        light, dark = (ElementTree.parse(RES / folder / name).getroot() for folder in ("values", "values-night"))
        assert [it.get("name") for it in light] == [it.get("name") for it in dark]
    upright, lying = (
        set(re.findall(r"@layout/\w+", (RES / it / "activity_main.xml").read_text()))
        for it in ("layout", "layout-land")
    )
    assert upright == lying


def catalog() -> dict[str, str]:
    """Versions of gradle/libs.versions.toml."""
    return dict(re.findall(r'^(\w+) = "([^"]+)"', (DEMO / "gradle" / "libs.versions.toml").read_text(), re.MULTILINE))


# "Compatibility" in the release notes of the Android Gradle plugin: Gradle at least, NDK by default, API at most.
COMPATIBLE = {"9.4.0": ("9.6.0", "28.2.13676358", 37)}


def test_gradle_names_versions_that_exist_together() -> None:
    versions = catalog()
    gradle, ndk, api = COMPATIBLE[versions["agp"]]
    wrapper = (DEMO / "gradle" / "wrapper" / "gradle-wrapper.properties").read_text()
    assert f"/gradle-{gradle}-bin.zip" in wrapper
    assert versions["ndk"] == ndk
    assert int(versions["minSdk"]) == 26
    assert int(versions["targetSdk"]) == int(versions["compileSdk"]) <= api
    pom = (DEMO / "pom.xml").read_text()
    assert f"<junit.version>{versions['junit']}</junit.version>" in pom
    # Robolectric calls the platform of API level 36 "16".
    assert f"<android.version>{int(versions['compileSdk']) - 20}-robolectric-" in pom


def test_maven_and_gradle_have_the_version_of_the_core() -> None:
    header = (ROOT / "native" / "include" / "oarlock.h").read_text()
    found = re.search(r'#define OARLOCK_VERSION "(.+)"', header)
    assert found
    assert f"<version>{found[1]}</version>" in (DEMO / "pom.xml").read_text()


@pytest.mark.parametrize("name", ["oarlock_jni", "oarlock", "oarlock_lite_light_2_12"])
def test_gradle_builds_targets_that_cmake_has(name: str) -> None:
    assert f'"{name}"' in (DEMO / "app" / "build.gradle.kts").read_text()
    cmake = (CPP / "CMakeLists.txt").read_text() + (ROOT / "native" / "CMakeLists.txt").read_text()
    assert re.search(rf"(add_library\({name} |set\(plugins {name}\))", cmake)
