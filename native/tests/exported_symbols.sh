#!/bin/sh
# exported_symbols.sh NM LIBRARY LIST: the library exports exactly the symbols of the list.
set -eu
"$1" -D --defined-only "$2" | awk '{print $3}' | LC_ALL=C sort | diff "$3" -
