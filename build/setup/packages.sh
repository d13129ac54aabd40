#!/usr/bin/env bash
# Installs what is missing of the system's packages, saying what for.
# usage: packages.sh [--missing] GROUP...      --missing only prints their names
set -euo pipefail
# shellcheck source=build/setup/speak.sh
. "$(dirname "${BASH_SOURCE[0]}")/speak.sh"

# group NAME: sets why and packages.
group() {
  case $1 in
    build) why="to compile the desktop window"
      packages="build-essential pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev" ;;
    engine) why="to compile the local model's engine and fetch its source"
      packages="g++ cmake ninja-build python3 python3-pip" ;;
    bundle) why="to fetch the database that releases carry"
      packages="maven xz-utils" ;;
    screen) why="to test the window without a screen"
      packages="xvfb x11-utils xdotool imagemagick fonts-dejavu-core fonts-noto-cjk" ;;
    browser) why="to test browser mode and the console in a real browser"
      packages="chromium" ;;
    clients) why="to test the programs from outside, as clients do"
      packages="python3-venv curl procps" ;;
    redis) why="to test limits that several servers share"
      packages="redis-server" ;;
    *) die "there is no group $1: build engine bundle screen browser clients redis" ;;
  esac
}

# installed NAME: by the package manager, or already there some other way.
installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] && return
  case $1 in
    python3-pip) has_pip ;;
    python3-venv) python3 -c 'import ensurepip' 2>/dev/null ;;
    python3 | cmake | chromium | curl) command -v "$1" >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    procps) command -v pgrep >/dev/null ;;
    maven) command -v mvn >/dev/null ;;
    xz-utils) command -v xz >/dev/null ;;
    redis-server) command -v redis-server >/dev/null ;;
    *) return 1 ;;
  esac
}

only_names=
[ "${1:-}" != --missing ] || { only_names=1; shift; }
if ! command -v apt-get >/dev/null; then
  [ -z "$only_names" ] || exit 0
  say "this system has no apt: install what these Debian packages hold yourself:"
  for g in "$@"; do group "$g"; say "  $why: $packages"; done
  exit 0
fi
missing=()
for g in "$@"; do
  group "$g"
  want=()
  for p in $packages; do installed "$p" || want+=("$p"); done
  [ ${#want[@]} -gt 0 ] || continue
  [ -n "$only_names" ] || say "needed $why: ${want[*]}"
  missing+=("${want[@]}")
done
if [ -n "$only_names" ]; then printf '%s\n' "${missing[@]}"; exit 0; fi
[ ${#missing[@]} -gt 0 ] || { say "nothing is missing"; exit 0; }
if [ "$(id -u)" != 0 ]; then
  die "this needs your password; run it and start again: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
fi
say "installing that and what it needs; the first time some minutes"
apt_install "${missing[@]}"
