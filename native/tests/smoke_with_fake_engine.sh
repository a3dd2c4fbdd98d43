#!/bin/sh
# smoke_with_fake_engine.sh SMOKE MAKE_NB FAKE_ENGINE
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$2" "$folder/m.nb" --target "$(case $(uname -m) in x86_64) echo x86 ;; *) echo arm ;; esac)"
"$1" "$3" "$folder/m.nb"
