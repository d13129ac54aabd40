# shellcheck shell=bash
# Sourced by the set-up scripts: where the cache is, how to say things.
export LC_ALL=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
NEXUS_CACHE=${NEXUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nexusai}
export NEXUS_CACHE

say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*"; }
die() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; exit 1; }

# need_space MB: a sentence instead of a build that dies half-way.
need_space() {
  local free
  mkdir -p "$NEXUS_CACHE"
  free=$(df -Pm "$NEXUS_CACHE" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$1" ] || die "$1 MB of free disk are needed under $NEXUS_CACHE, there are $free: free some, or set NEXUS_CACHE to a folder on a larger disk"
}

# has_pip: pip and nothing else brings the pinned sources.
has_pip() { python3 -m pip --version >/dev/null 2>&1; }
