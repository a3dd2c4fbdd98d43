#!/usr/bin/env bash
# Unpacks packages of a Debian release into a folder, without changing anything of the system.
#
#   arm_linux/unpack_debian.sh [--with-dependencies] SUITE ARCHITECTURE FOLDER PACKAGE[:ARCHITECTURE]...
#
# Packages come from the mirror that this machine's apt uses for Debian ($OARLOCK_DEBIAN_MIRROR overrides), for
# ARCHITECTURE where nothing else is said, and are verified by apt against Debian's keys. apt gets lists, cache and state
# of its own, no maintainer script is run, and no root is needed. FOLDER/packages.txt lists what was unpacked: name,
# version, architecture. Manual pages and the compilers' link-time optimiser are left out.
set -euo pipefail

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg  # of the package debian-archive-keyring

die() { printf '%s\n' "unpack_debian.sh: $*" >&2; exit 1; }

verb=(download)
if [ "${1:-}" = --with-dependencies ]; then
  verb=(install --yes --download-only --no-install-recommends)
  shift
fi
[ $# -ge 4 ] || { sed -n '4s/^# *//p' "$0" >&2; exit 2; }
suite=$1 architecture=$2 folder=$3
shift 3

{ command -v apt-get && command -v dpkg-deb; } >/dev/null || die "apt-get and dpkg-deb are needed; this works on Debian and Ubuntu"
[ -r "$KEYRING" ] ||
  die "Debian's keys are missing ($KEYRING); install them with: sudo apt-get install debian-archive-keyring"

mirror() {
  if [ -n "${OARLOCK_DEBIAN_MIRROR:-}" ]; then
    echo "$OARLOCK_DEBIAN_MIRROR"
    return
  fi
  {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian'
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sed -n '/\/debian\/$/p'
  } | sed -n 1p
}
uri=$(mirror)
[ -n "$uri" ] || die "this machine's apt has no mirror of Debian; name one in OARLOCK_DEBIAN_MIRROR (http://HOST/debian)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists,archives}/partial "$folder"
: >"$work/status"
echo "deb [target=Packages signed-by=$KEYRING] $uri $suite main" >"$work/sources.list"
cat >"$work/apt.conf" <<CONF
Dir::State "$work";
Dir::State::status "$work/status";
Dir::Cache "$work";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
APT::Architecture "$architecture";
APT::Architectures "$(printf '%s\n' "$architecture" "${@#*:}" | grep -xE 'amd64|arm64|armhf' | sort -u | paste -sd,)";
APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
CONF

private_apt() {
  (cd "$work/archives" && apt-get -c="$work/apt.conf" -qq "$@") >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; return 1; }
}
private_apt update || die "the package lists of $suite could not be had from this machine's mirror of Debian"
private_apt "${verb[@]}" "$@" || die "packages of $suite could not be downloaded: $*"
for package in "$work"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$folder" --no-same-owner --exclude=./usr/share/man --exclude='*/lto1'
  dpkg-deb -W --showformat '${Package} ${Version} ${Architecture}\n' "$package" >>"$work/packages.txt"
done
mv "$work/packages.txt" "$folder/packages.txt"
