#!/usr/bin/env bash
# R.java and an APK of resources and manifest, by Debian's aapt (packages aapt and python3):
#
#   compile_resources.sh PLATFORM.jar OUT [ASSETS]
#
# PLATFORM.jar is an android-all of Robolectric of at most Android 13: aapt cannot read the resources of later ones.
set -euo pipefail
app=$(cd "$(dirname "$0")/../app/src/main" && pwd)
platform=$1
out=$2
assets=${3:-}
catalog=$app/../../../gradle/libs.versions.toml
version() { sed -n "s/^$1 *= *\"\(.*\)\".*/\1/p" "$catalog"; }

mkdir -p "$out/java"
if [ ! -e "$out/platform.apk" ] || [ "$platform" -nt "$out/platform.apk" ]; then
  python3 "$(dirname "$0")/platform_resources.py" "$platform" "$out/platform.apk.partial"
  mv "$out/platform.apk.partial" "$out/platform.apk"
fi
# Gradle takes these from build.gradle.kts, and so the manifest does not have them.
sed "s|<manifest |<manifest package=\"dev.oarlock.demo\" |; s|\${applicationId}|dev.oarlock.demo|" \
  "$app/AndroidManifest.xml" >"$out/AndroidManifest.xml"
core_version=$(sed -n 's/^#define OARLOCK_VERSION "\(.*\)"/\1/p' "$app/../../../../native/include/oarlock.h")
aapt package -f -m -J "$out/java" -F "$out/resources.apk" \
  -M "$out/AndroidManifest.xml" -S "$app/res" -I "$out/platform.apk" ${assets:+-A "$assets"} \
  --min-sdk-version "$(version minSdk)" --target-sdk-version "$(version targetSdk)" \
  --version-code 1 --version-name "$core_version" --no-version-vectors -0 nb -0 npy
