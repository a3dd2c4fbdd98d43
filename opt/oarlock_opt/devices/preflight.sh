# What a machine is, as lines of KEY=VALUE: run by sh there before anything is copied. $1 is the folder that is to be
# used, the other arguments are shared libraries to look for. Needs nothing beyond POSIX and /proc.
LC_ALL=C; export LC_ALL
PATH=$PATH:/sbin:/usr/sbin; export PATH
say() { printf '%s=%s\n' "$1" "$2"; }

say machine "$(uname -m)"
say system "$(uname -s) $(uname -r)"
say bits "$(getconf LONG_BIT 2>/dev/null)"
if [ -r /proc/device-tree/model ]; then
  say processor "$(tr -d '\000' </proc/device-tree/model)"
else
  say processor "$(sed -n -e 's/^model name[^:]*: *//p' -e 's/^Hardware[^:]*: *//p' /proc/cpuinfo 2>/dev/null | sed -n 1p)"
fi
# Cores may differ; each kind says its own.
sed -n -e 's/^Features[^:]*: */features=/p' -e 's/^flags[^:]*: */features=/p' /proc/cpuinfo 2>/dev/null | sort -u
say libc "$(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | sed -n 1p)"
say memory "$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo 2>/dev/null)"

case $1 in '~/'*) folder=$HOME/${1#'~/'} ;; *) folder=$1 ;; esac
shift
while [ ! -d "$folder" ]; do
  parent=$(dirname "$folder")
  [ "$parent" != "$folder" ] || break
  folder=$parent
done
say existing "$folder"
say disk "$(df -Pk "$folder" 2>/dev/null | sed -n '$p' | tr -s ' ' | cut -d' ' -f4)"
if [ -w "$folder" ]; then say writable yes; else say writable no; fi

known=$(ldconfig -p 2>/dev/null)
for library in "$@"; do
  case $known in *"$library"*) continue ;; esac
  for path in /lib /usr/lib /usr/local/lib /lib/*-linux-* /usr/lib/*-linux-* /lib64 /usr/lib64; do
    [ ! -e "$path/$library" ] || continue 2
  done
  say missing "$library"
done
