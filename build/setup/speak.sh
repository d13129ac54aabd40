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

# explain LOG WHAT: ends with a sentence if a failure's output shows that the
# network or the disk is to blame; returns if it shows neither.
explain() {
  if grep -qiE 'no space left on device|ENOSPC|not enough free (disk )?space' "$1"; then
    die "the disk is full: free some and start again"
  fi
  if grep -qiE 'EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|ECONNREFUSED|ECONNRESET|ETIMEDOUT|dial tcp|no such host|i/o timeout|network is unreachable|temporary failure (in name resolution|resolving)|could not (resolve|connect)|name or service not known|failed to fetch' "$1"; then
    die "$2 could not be fetched: check the network connection and start again"
  fi
}

# apt_install NAME...: the system's packages, or a sentence and what apt said.
apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  local log
  log=$(mktemp)
  # Lists that fail to load are apt's own warning: the install says what counts.
  if { apt-get update -q && apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"; } >"$log" 2>&1; then
    rm -f "$log"
    return
  fi
  tail -5 "$log" >&2
  explain "$log" "the system's packages"
  die "apt could not install them: run 'apt-get install $*' to see why"
}
