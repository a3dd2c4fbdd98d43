#!/usr/bin/env bash
# run.sh BUILD SECONDS [DOOR…]: runs each fuzzer (frame, nb, bundle, npy, png, picture) for so many seconds, one after
# another.
#
# BUILD is the folder native of a build by the preset `fuzz`. What a fuzzer has learnt stays in BUILD/corpus/DOOR and is
# where its next run begins; an input that breaks something is left in BUILD/findings, and the exit status is 1.
set -euo pipefail

[ $# -ge 2 ] || { echo "usage: run.sh BUILD SECONDS [frame|nb|bundle|npy|png|picture]…" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$1" && pwd)
seconds=$2
shift 2
[ $# -gt 0 ] || set -- frame nb bundle npy png picture

python3 "$here/make_seeds.py" "$build" "$build/seeds"
mkdir -p "$build/findings"
broken=()
for door in "$@"; do
  mkdir -p "$build/corpus/$door"
  options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1
    -artifact_prefix="$build/findings/$door-")
  [ -f "$here/$door.dict" ] && options+=(-dict="$here/$door.dict")
  log=$build/findings/$door.log
  if "$build/fuzz/oarlock_fuzz_$door" "${options[@]}" "$build/corpus/$door" "$build/seeds/$door" >"$log" 2>&1; then
    echo "$door: nothing found in ${seconds} s, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
  else
    echo "$door: FOUND SOMETHING, see $log; the input is beside it" >&2
    grep -E "ERROR|SUMMARY|broken:|Test unit written" "$log" >&2 || tail -n 5 "$log" >&2
    broken+=("$door")
  fi
done
[ ${#broken[@]} -eq 0 ]
