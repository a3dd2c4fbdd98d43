"""A signed debug APK without the Android SDK, and without native libraries, which only the NDK compiles.

    python3 assemble_apk.py MAVEN OUT.apk [--assets FOLDER]

MAVEN is the build folder of `mvn package`: classes, resources, Kotlin's runtime and the dexer. Needs Debian's aapt,
zipalign and apksigner, and java. It shows that manifest, resources and code go together and install; what runs models
on a phone is Gradle's APK.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

TOOLS = Path(__file__).parent
MIN_SDK = "26"


def classes(maven: Path, out: Path) -> None:
    """One archive of all classes that go into the APK: ours, R, Kotlin's."""
    sources = [maven / "classes", *sorted((maven / "runtime").glob("*.jar"))]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for source in sources:
            for name, data in _class_files(source):
                target.writestr(name, data)


def _class_files(source: Path) -> list[tuple[str, bytes]]:
    if source.is_dir():
        files = sorted(source.rglob("*.class"))
        return [(file.relative_to(source).as_posix(), file.read_bytes()) for file in files]
    with zipfile.ZipFile(source) as archive:
        # META-INF/versions holds module-info for later Javas, which Android has no use for.
        names = [it for it in archive.namelist() if it.endswith(".class") and not it.startswith("META-INF/")]
        return [(name, archive.read(name)) for name in names]


def dex(maven: Path, archive: Path, out: Path) -> None:
    """classes.dex of the archive."""
    dexer = next((maven / "dexer").glob("dalvik-dx-*.jar"))
    command = ["com.android.dx.command.Main", "--dex", f"--min-sdk-version={MIN_SDK}", f"--output={out}", str(archive)]
    _run(["java", "-Xmx1g", "-cp", str(dexer), *command])


def assemble(maven: Path, out: Path, assets: Path | None) -> None:
    """Resources, assets and code into one APK, aligned and signed; ``out`` is complete or not there."""
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        work = Path(folder)
        classes(maven, work / "classes.jar")
        dex(maven, work / "classes.jar", work / "classes.dex")
        platform = maven / "platform" / "android-all.jar"
        arguments = [str(assets)] if assets else []
        _run([str(TOOLS / "compile_resources.sh"), str(platform), str(maven / "resources"), *arguments])
        unaligned = work / "unaligned.apk"
        unaligned.write_bytes((maven / "resources" / "resources.apk").read_bytes())
        with zipfile.ZipFile(unaligned, "a", zipfile.ZIP_DEFLATED) as apk:
            apk.write(work / "classes.dex", "classes.dex")
        _run(["zipalign", "-f", "-p", "4", str(unaligned), str(work / "aligned.apk")])
        keystore = debug_keystore(maven)
        signed = work / "signed.apk"
        options = ["--ks", str(keystore), "--ks-pass", "pass:android", "--min-sdk-version", MIN_SDK]
        _run(["apksigner", "sign", *options, "--out", str(signed), str(work / "aligned.apk")])
        signed.replace(out)


def debug_keystore(maven: Path) -> Path:
    """A key for debug builds, by the names that Android's tools use; made once, worth nothing."""
    keystore = maven / "debug.keystore"
    if not keystore.exists():
        passwords = ["-storepass", "android", "-keypass", "android"]
        key = ["-alias", "androiddebugkey", "-keyalg", "RSA", "-keysize", "2048", "-validity", "10000"]
        name = ["-dname", "CN=Android Debug,O=Android,C=US"]
        _run(["keytool", "-genkeypair", "-keystore", str(keystore), *passwords, *key, *name])
    return keystore


def sizes(apk: Path) -> dict[str, int]:
    """Bytes in the APK by part: code, resources, models, libraries, signature."""
    parts = {"code": 0, "resources": 0, "bundles": 0, "libraries": 0, "signature": 0}
    with zipfile.ZipFile(apk) as archive:
        for it in archive.infolist():
            if it.filename.endswith(".dex"):
                part = "code"
            elif it.filename.startswith("assets/"):
                part = "bundles"
            elif it.filename.startswith("lib/"):
                part = "libraries"
            elif it.filename.startswith("META-INF/"):
                part = "signature"
            else:
                part = "resources"
            parts[part] += it.compress_size
    return parts


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = (done.stdout + done.stderr).strip()
        raise SystemExit(f"error: {Path(command[0]).name} ended with {done.returncode}:\n{output}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="A signed debug APK without the Android SDK.")
    parser.add_argument("maven", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--assets", type=Path)
    options = parser.parse_args()
    assemble(options.maven, options.out, options.assets)
    for part, size in sizes(options.out).items():
        print(f"{part}: {size} bytes", file=sys.stderr)
    print(options.out)


if __name__ == "__main__":
    main()
