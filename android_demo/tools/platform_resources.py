"""The resources of an Android platform as a small APK, which aapt links against: platform_resources.py JAR OUT.

Robolectric's android-all jars hold a whole platform, classes and all; aapt cannot open archives of that many entries.
"""

from __future__ import annotations

import sys
import zipfile


def main(platform: str, out: str) -> None:
    """Copy the two entries that aapt reads."""
    with zipfile.ZipFile(platform) as source, zipfile.ZipFile(out, "w") as target:
        for name in ("AndroidManifest.xml", "resources.arsc"):
            target.writestr(name, source.read(name))


if __name__ == "__main__":
    main(*sys.argv[1:])
