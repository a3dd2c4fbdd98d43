#!/usr/bin/env bash
# A cross compiler and libraries of Debian 11 (bullseye: GCC 10, glibc 2.31) in a folder of their own, so that what is
# built with them runs on everything since 2020; the compiler of Debian 12 asks for glibc 2.34.
#
#   arm_linux/toolchain.sh armv8|armv7hf [FOLDER]
#
# prints the folder, which is made when it is not there: ($OARLOCK_HOME or the user's cache)/toolchains/PRESET when none
# is given. Pass it to CMake as -D OARLOCK_TOOLCHAIN=FOLDER. It is also a root for emulation: qemu-aarch64 -L FOLDER.
# Nothing of the system is changed, and no root is needed (unpack_debian.sh); 170 MB to download, 160 MB on disk.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

say() { printf '%s\n' "toolchain.sh: $*" >&2; }
die() { say "$*"; exit 1; }

case "${1:-}" in
  armv8) arch=arm64 triplet=aarch64-linux-gnu ;;
  armv7hf) arch=armhf triplet=arm-linux-gnueabihf ;;
  *) say "which processor? usage: arm_linux/toolchain.sh armv8|armv7hf [FOLDER]"; exit 2 ;;
esac
folder=${2:-${OARLOCK_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/oarlock}/toolchains/$1}

# A finished folder bears the hash of what made it.
recipe=$(cat "$here/toolchain.sh" "$here/unpack_debian.sh" | sha256sum | cut -d' ' -f1)
finished() { [ "$(cat "$folder/recipe" 2>/dev/null)" = "$recipe" ]; }
if finished; then
  realpath "$folder"
  exit
fi
if [ -e "$folder" ] && [ ! -e "$folder/recipe" ] && [ -n "$(ls -A "$folder")" ]; then
  die "$folder: is not empty and was not made by this script; name another folder"
fi
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] ||
  die "this needs Debian or Ubuntu on x86-64; elsewhere build on the board itself (docs/building-for-arm.md)"

mkdir -p "$(dirname "$folder")"
folder=$(realpath "$folder")
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

compiler=(cpp-10 gcc-10 g++-10 binutils)
cross=(libgcc-10-dev libgcc-s1 libstdc++-10-dev libstdc++6 libgomp1 libc6 libc6-dev linux-libc-dev)
host=(libgmp10 libisl23 libmpc3 libmpfr6)  # what the compiler itself is linked with
libraries=(libjpeg62-turbo-dev libjpeg62-turbo libpng-dev libpng16-16 zlib1g-dev zlib1g libsodium-dev)
say "fetching Debian 11's cross compiler and libraries for $arch"
"$here/unpack_debian.sh" bullseye amd64 "$root" "${compiler[@]/%/-$triplet}" "${cross[@]/%/-$arch-cross}" "${host[@]}" \
  "${libraries[@]/%/:$arch}"

# Debian ships the compilers with their debugging symbols, 200 MB each.
if command -v strip >/dev/null; then strip "$root/usr/lib/gcc-cross/$triplet/10/"{cc1,cc1plus}; fi

# The libraries where a program on a board finds them, for qemu -L.
mkdir -p "$root/lib"
(cd "$root/lib" && ln -s ../usr/"$triplet"/lib/*.so.* .)

# The tools find their own libraries through a launcher.
mkdir "$root/bin"
cat >"$root/bin/launch" <<'LAUNCH'
#!/bin/sh
# Starts the tool in ../usr/bin that the link to this file is called after, with the libraries that it was built with.
root=$(dirname "$0")/..
LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
exec "$root/usr/bin/$(basename "$0")" "$@"
LAUNCH
chmod +x "$root/bin/launch"
for tool in ar as ld nm objcopy objdump ranlib readelf strip; do ln -s launch "$root/bin/$triplet-$tool"; done
for tool in cpp gcc g++; do
  ln -s "$triplet-$tool-10" "$root/usr/bin/$triplet-$tool"
  ln -s launch "$root/bin/$triplet-$tool"
done
echo "$recipe" >"$root/recipe"

# Somebody else may have finished first; theirs is the same.
finished || { rm -rf "$folder" && mv "$root" "$folder"; }
echo "$folder"
