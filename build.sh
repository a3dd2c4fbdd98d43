#!/usr/bin/env bash
# The one command of this repository; `./build.sh help` lists what it does.
# It keeps everything it makes in .venv/ and build/, and Paddle Lite in the user's cache (OARLOCK_HOME overrides).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD

BUILD_PACKAGES="cmake ninja-build g++ flatbuffers-compiler libflatbuffers-dev nlohmann-json3-dev libsodium-dev"
TEST_PACKAGES="libgtest-dev"
PROGRAM_PACKAGES="libjpeg-dev libpng-dev"  # oarlock-classify
CROSS_PACKAGES="debian-archive-keyring qemu-user"  # the cross compiler comes by arm_linux/toolchain.sh
CLANG_PACKAGES="clang-14 libclang-rt-14-dev"  # the second compiler, and its libFuzzer
LIBCXX_PACKAGES="$CLANG_PACKAGES libc++-14-dev libc++abi-14-dev"
CHECK_PACKAGES="clang-format-14"
DEVICE_PACKAGES="openssh-server openssh-client"  # a board, for the tests
BROWSER_PACKAGES="chromium chromium-driver fonts-liberation"  # shows the report to its tests
jobs=$(nproc 2>/dev/null || echo 2)

usage() {
  cat <<'END'
usage: ./build.sh COMMAND

  setup           the working tree: .venv with both distributions and their native parts, Paddle Lite in the cache
  demo            photographs classified by a Paddle Lite model made here, and compared with PaddlePaddle's answer
  test [--full]   every test in at most 15 minutes; --full adds those that take longer
  check           formatting, lint, types and warnings: ruff, mypy, clang-format, g++ and clang with warnings as errors
  native PRESET   the core and the C++ program by a preset of arm_linux/CMakePresets.json, into build/PRESET; for armv8,
                  armv7hf and host (this machine) with a folder ready to copy, build/PRESET/oarlock
  fuzz [SECONDS]  each fuzzer of native/fuzz for so long; 600 when not given
  coverage        which lines of the packages and of the core the tests run: figures, and pages in build/coverage
  packages        an sdist and a wheel of each distribution, into dist/
  wheels          wheels of the runtime for boards, linux_aarch64 and linux_armv7l, into dist/
  bench           the ratios of benchmarks/
  help            this text

OARLOCK_PYTHON names the Python to use (3.10 to 3.13); otherwise the newest one found.
END
}

say() { printf '%s\n' "build.sh: $*" >&2; }
die() { say "$*"; exit 1; }

# ---- what the system must have -----------------------------------------------------------------------------------

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

need_packages() {
  if ! command -v dpkg-query >/dev/null; then
    local tool
    for tool in cmake ninja c++ flatc; do
      command -v "$tool" >/dev/null || die "$tool is missing; on Debian it comes with: apt-get install $*"
    done
    return
  fi
  local missing
  missing=$(missing_packages "$@")
  [ -z "$missing" ] && return
  if [ "$(id -u)" != 0 ]; then
    die "system packages are missing; install them with: sudo apt-get install -y --no-install-recommends $missing"
  fi
  say "installing $missing"
  # shellcheck disable=SC2086
  install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >"$root/build/apt.log" 2>&1; }
  mkdir -p build
  install || { apt-get update -qq >>build/apt.log 2>&1 && install; } ||
    { tail -n 5 build/apt.log >&2; die "apt-get could not install $missing (build/apt.log has it all)"; }
}

# ---- the virtual environment -------------------------------------------------------------------------------------

# A Python counts when it starts and can make a virtual environment. Version managers put launchers on PATH for Pythons
# that do not start, so each candidate is run.
works() { "$1" -c 'import sys, venv, ensurepip; raise SystemExit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

find_python() {
  if [ -n "${OARLOCK_PYTHON:-}" ]; then
    works "$OARLOCK_PYTHON" || die "OARLOCK_PYTHON=$OARLOCK_PYTHON is no Python 3.10 to 3.13 with venv and ensurepip"
    echo "$OARLOCK_PYTHON"
    return
  fi
  local version candidate
  for version in 3.13 3.12 3.11 3.10; do
    for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/"python$version" \
      "$HOME/.local/share/uv/python/cpython-$version".*/bin/"python$version"; do
      if command -v "$candidate" >/dev/null && works "$candidate"; then
        command -v "$candidate"
        return
      fi
    done
  done
  die "no Python 3.10 to 3.13 with venv and ensurepip was found; on Debian: apt-get install -y python3 python3-venv"
}

pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check "$@"; }

# Everything that decides what an install looks like; when it has not changed there is nothing to do.
fingerprint() {
  {
    echo "$1"
    cat tests/requirements.txt py/pyproject.toml opt/pyproject.toml
    find native opt/native opt/CMakeLists.txt -type f -not -path '*/tests/*' -print0 | sort -z | xargs -0 sha256sum
  } | sha256sum | cut -d' ' -f1
}

setup() {
  # shellcheck disable=SC2086
  need_packages $BUILD_PACKAGES
  local python version
  if [ -x .venv/bin/python ] && works .venv/bin/python && [ -z "${OARLOCK_PYTHON:-}" ]; then
    python=.venv/bin/python
  else
    python=$(find_python)
  fi
  version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
  if ! [ -x .venv/bin/python ] || [ "$(.venv/bin/python -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)" != "$version" ]; then
    say "making .venv with Python $version"
    rm -rf .venv
    "$python" -m venv .venv
  fi
  local now
  now=$(fingerprint "$version")
  [ "$(cat .venv/oarlock-installed 2>/dev/null)" = "$now" ] && return
  rm -f .venv/oarlock-installed
  say "installing what the tests and the build need"
  pip install -r tests/requirements.txt
  say "building and installing oarlock (py/)"
  pip install --no-build-isolation -e ./py -C build-dir="$root/build/py"
  say "building and installing oarlock-opt (opt/) with PaddlePaddle"
  pip install --no-build-isolation -e './opt[reference,report]' -C build-dir="$root/build/opt"
  echo "$now" >.venv/oarlock-installed
}

# A chromedriver from elsewhere will do, with the browser that it belongs to.
browser() {
  # shellcheck disable=SC2086
  command -v chromedriver >/dev/null || need_packages $BROWSER_PACKAGES
}

engine() { .venv/bin/oarlock lite list --json | grep -q '"target": "x86"' || .venv/bin/oarlock lite install >/dev/null; }

# ---- commands ----------------------------------------------------------------------------------------------------

native() {
  local preset=${1:-}
  [ -n "$preset" ] || die "which preset? They are: $(cd arm_linux && cmake --list-presets | sed -n 's/^ *"\([^"]*\)".*/\1/p' | tr '\n' ' ')"
  local out=$root/build/$preset configure=(cmake -S arm_linux --preset "$preset")
  # shellcheck disable=SC2046,SC2086
  need_packages $BUILD_PACKAGES $TEST_PACKAGES $PROGRAM_PACKAGES $(case "$preset" in
    armv8 | armv7hf) echo "$CROSS_PACKAGES" ;;
    clang | fuzz) echo "$CLANG_PACKAGES" ;;
    libcxx) echo "$LIBCXX_PACKAGES" ;;
  esac)
  mkdir -p "$out"
  case "$preset" in
    armv8 | armv7hf)
      local toolchain
      toolchain=$(arm_linux/toolchain.sh "$preset")
      quietly "$out/configure.log" "${configure[@]}" -D OARLOCK_TOOLCHAIN="$toolchain"
      quietly "$out/build.log" cmake --build "$out" -j "$jobs" --target oarlock-classify
      ready "$preset"
      python3 arm_linux/check_binary.py --max-kb 600 "$out"/oarlock/{oarlock-classify,*.so} >"$out/check.log" ||
        die "the program would not run on every board with glibc 2.31"
      publish "$preset" "$([ "$preset" = armv8 ] && echo arm64 || echo armv7)"
      ;;
    *)
      local targets=("${2:-all}")
      [ "$preset" != fuzz ] || targets=(native/all fuzz/all)
      quietly "$out/configure.log" "${configure[@]}"
      quietly "$out/build.log" cmake --build "$out" -j "$jobs" --target "${targets[@]}"
      [ "$preset" != host ] || { ready host && publish host x86; }
      ;;
  esac
}

# The program with all that belongs to it, in a folder to be copied to a board: build/PRESET/oarlock.
ready() {
  local out=$root/build/$1
  rm -rf "$out/oarlock"
  quietly "$out/install.log" cmake --install "$out" --component classify --strip --prefix "$out/oarlock"
}

# The same where `oarlock deploy` and `--on` look for what they send.
publish() {
  local store=${OARLOCK_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/oarlock}/programs copy
  mkdir -p "$store"
  copy=$(mktemp -d "$store/.$2.XXXXXX")
  cp -R "$root/build/$1/oarlock/." "$copy"
  chmod 755 "$copy"
  rm -rf "${store:?}/$2"
  mv "$copy" "$store/$2"
  say "build/$1/oarlock is ready to be copied"
}

# Runs a command with its output in a file, which is shown when the command fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || { cat "$log" >&2; die "failed: $*"; }
}

test_all() {
  local full=()
  case "${1:-}" in
    --full) full=(--full) ;;
    "") ;;
    *) die "test takes --full, not '$1'" ;;
  esac
  setup
  engine
  browser
  # shellcheck disable=SC2086
  need_packages $DEVICE_PACKAGES $CROSS_PACKAGES
  # Two downloads, while the compilers for this machine are at work.
  mkdir -p build
  (arm_linux/toolchain.sh armv8 && arm_linux/toolchain.sh armv7hf) >build/toolchains.log 2>&1 &
  local toolchains=$!
  native_tests host
  # GCC's sanitizers: the core; the program and threads take longer, and so does clang with the library of Android's NDK.
  if [ ${#full[@]} = 0 ]; then
    native_tests asan native
  else
    native_tests asan
    native_tests tsan
    native_tests libcxx
  fi
  say "the program for boards (armv8, armv7hf)"
  wait "$toolchains" || { cat build/toolchains.log >&2; die "the cross compilers could not be fetched"; }
  native armv8
  native armv7hf
  say "Python tests"
  # Each file in one process: what its tests share is made once. In the order of tests/conftest.py, the longest first.
  .venv/bin/python -m pytest -n "$jobs" --dist loadfile --no-loadscope-reorder "${full[@]}"
}

# The GoogleTests of a preset; with a second argument those of that part alone.
native_tests() {
  say "native tests ($1)"
  native "$1" ${2:+"$2/all"}
  ctest --test-dir "build/$1${2:+/$2}" --output-on-failure --quiet -j "$jobs" || die "native tests failed ($1)"
}

# The tests of both languages against a core that counts; what Python makes the core do counts as well.
coverage() {
  setup
  engine
  browser
  native coverage
  local out=$root/build/coverage
  find "$out" -name '*.gcda' -delete
  rm -rf "$out/python" "$out/report"
  mkdir -p "$out/python" "$out/report"
  quietly "$out/install.log" cmake --install "$out" --component runtime --prefix "$out/runtime"
  say "native tests"
  ctest --test-dir "$out" --output-on-failure --quiet -j "$jobs" || die "native tests failed"
  say "Python tests"
  OARLOCK_TEST_BUILD=$out OARLOCK_LIBRARY=$out/runtime/lib/liboarlock.so \
    .venv/bin/python -m coverage run -m pytest -n "$jobs" --dist loadfile ||
    say "tests failed; those that look at what is imported, or how soon, do so while they are measured"
  .venv/bin/python -m coverage combine --quiet
  .venv/bin/python -m coverage html --quiet -d "$out/report/python"
  .venv/bin/python -m coverage report
  .venv/bin/gcovr --root native --filter native/src/ --exclude-throw-branches --print-summary \
    --gcov-ignore-errors=no_working_dir_found --html-details "$out/report/core.html" "$out/native/CMakeFiles"
  say "pages: build/coverage/report/python/index.html and build/coverage/report/core.html"
}

check() {
  setup
  # shellcheck disable=SC2086
  need_packages $CHECK_PACKAGES
  local cxx
  mapfile -t cxx < <(find native opt/native benchmarks arm_linux android_demo/app/src/main/cpp -name generated -prune -o \
    \( -name '*.cc' -o -name '*.h' -o -name '*.c' \) -print | sort)
  say "ruff"
  .venv/bin/ruff format --check --quiet . || die "run .venv/bin/ruff format"
  .venv/bin/ruff check --quiet .
  say "mypy"
  MYPYPATH=py:opt .venv/bin/mypy py/oarlock opt/oarlock_opt
  say "clang-format"
  clang-format-14 --dry-run -Werror "${cxx[@]}"
  say "warnings as errors: g++ and clang"
  native host
  native clang
  say "all checks passed"
}

demo() {
  setup
  engine
  mkdir -p build/demo
  .venv/bin/oarlock export EfficientNetLite0 --weights imagenet -o build/demo/efficientnet_lite0 >/dev/null
  .venv/bin/oarlock opt build/demo/efficientnet_lite0 -o build/demo/efficientnet_lite0.oar --target x86,arm64
  .venv/bin/python examples/photographs.py build/demo/efficientnet_lite0.oar build/demo/efficientnet_lite0
}

fuzz() {
  native fuzz
  native/fuzz/run.sh build/fuzz/native "${1:-600}"
}

# Each wheel is built from the unpacked sdist, so that an sdist that lacks a file fails here.
packages() {
  setup
  mkdir -p build dist
  local distribution
  for distribution in py opt; do
    say "packing $distribution/"
    quietly "build/packages-$distribution.log" .venv/bin/python -m build --no-isolation --outdir dist "$distribution"
  done
  stat -c '%n  %s bytes' dist/*-"$(.venv/bin/oarlock --version | cut -d' ' -f2)"[-.]*
}

wheels() {
  setup
  # shellcheck disable=SC2086
  need_packages $CROSS_PACKAGES
  mkdir -p dist
  local preset
  for preset in armv8 armv7hf; do PYTHON=$root/.venv/bin/python arm_linux/wheel.sh "$preset" dist; done
}

bench() {
  setup
  engine
  .venv/bin/python -m benchmarks "$@"
}

command=${1:-help}
shift || true
case "$command" in
  setup) setup && engine ;;
  demo) demo ;;
  test) test_all "$@" ;;
  coverage) coverage ;;
  check) check ;;
  native) native "$@" ;;
  fuzz) fuzz "$@" ;;
  packages) packages ;;
  wheels) wheels ;;
  bench) bench "$@" ;;
  help | -h | --help) usage ;;
  *) usage >&2; die "unknown command '$command'" ;;
esac
