#!/usr/bin/env bash
# A debug APK in build/android: Gradle's, with native libraries, where Android's SDK is (ANDROID_HOME); else one without
# them, by Maven and Debian's tools, which shows that manifest, resources and code go together.
set -euo pipefail
demo=$(cd "$(dirname "$0")/.." && pwd)
out=$demo/../build/android
deployed=$demo/app/deployed
mkdir -p "$out"

if [ -n "${ANDROID_HOME:-}" ]; then
  gradle=$demo/gradlew
  [ -x "$gradle" ] || gradle=$(command -v gradle) || {
    echo "error: ANDROID_HOME is set, but there is no gradle; install it, or make android_demo/gradlew with it" >&2
    exit 1
  }
  "$gradle" --project-dir "$demo" :app:assembleDebug
  cp "$demo/app/build/outputs/apk/debug/app-debug.apk" "$out/oarlock-debug.apk"
  python3 "$demo/tools/check_alignment.py" "$out/oarlock-debug.apk"
  echo "$out/oarlock-debug.apk"
  exit
fi

echo "apk.sh: ANDROID_HOME is not set: an APK without native libraries, which shows its screens and runs no model" >&2
mvn -q -B -f "$demo/pom.xml" -DskipTests package
assets=()
[ -d "$deployed/assets" ] && assets=(--assets "$deployed/assets")
python3 "$demo/tools/assemble_apk.py" "$out/maven" "$out/oarlock-without-native.apk" "${assets[@]}"
