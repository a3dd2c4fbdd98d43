#!/usr/bin/env bash
# The wheel of the Python runtime for boards, cross-built here with the toolchain of toolchain.sh.
#
#   PYTHON=.venv/bin/python arm_linux/wheel.sh armv8|armv7hf FOLDER
#
# writes FOLDER/oarlock-VERSION-py3-none-linux_aarch64.whl or …-linux_armv7l.whl, which serves every Python from 3.10 on a
# board with glibc 2.31 or later, and prints its path. PYTHON has the modules build and scikit-build-core.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

case "${1:-}" in
  armv8) platform=linux-aarch64 ;;
  armv7hf) platform=linux-armv7l ;;
  *) echo "wheel.sh: usage: arm_linux/wheel.sh armv8|armv7hf FOLDER" >&2; exit 2 ;;
esac
folder=${2:?"wheel.sh: name the folder for the wheel"}
toolchain=$("$here/toolchain.sh" "$1")
mkdir -p "$folder"
log=$(mktemp)
made=$(mktemp -d "$folder/.wheel.XXXXXX")
trap 'rm -rf "$log" "$made"' EXIT

# The variable is Python's own for "pretend to be this platform"; it decides the wheel's tag and nothing else here.
_PYTHON_HOST_PLATFORM=$platform "${PYTHON:-python3}" -m build --no-isolation --wheel --outdir "$made" \
  -C cmake.define.CMAKE_TOOLCHAIN_FILE="$here/cmake/$1.cmake" -C cmake.define.OARLOCK_TOOLCHAIN="$toolchain" \
  "$here/../py" >"$log" 2>&1 || { cat "$log" >&2; echo "wheel.sh: the wheel could not be built" >&2; exit 1; }
for wheel in "$made"/*.whl; do
  mv "$wheel" "$folder/"
  echo "$folder/${wheel##*/}"
done
