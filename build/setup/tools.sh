#!/usr/bin/env bash
# Checks the tools that a person brings: Git, Go and Node.
# usage: tools.sh [go]         go: that one alone, and in silence
set -euo pipefail
# shellcheck source=build/setup/speak.sh
. "$(dirname "${BASH_SOURCE[0]}")/speak.sh"
GO_WANTED=1.26 NODE_WANTED=20.19 # the first that the page builder runs on

# at_least HAVE WANTED: compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]; }

# node_fits VERSION: 21 and the first of 22 lack what 20.19 was given.
node_fits() { case $1 in 20.*) at_least "$1" $NODE_WANTED ;; *) at_least "$1" 22.12 ;; esac; }

# check_go: Go fetches a newer one of itself where it may; what counts is which
# one runs in the end.
check_go() {
  command -v go >/dev/null || die "Go is missing: install Go $GO_WANTED or newer from https://go.dev/dl"
  go=$(go env GOVERSION 2>/dev/null) || go=$(cd / && GOTOOLCHAIN=local go env GOVERSION)
  go=$(printf '%s' "$go" | sed 's/^go//; s/ .*//')
  at_least "$go" "$GO_WANTED" || die "Go $go is too old: install Go $GO_WANTED or newer from https://go.dev/dl"
}

check_go
[ "${1:-}" != go ] || exit 0
command -v git >/dev/null || die "Git is missing: install it with your system's package manager (Debian: apt install git)"
command -v node >/dev/null || die "Node is missing: install Node $NODE_WANTED or newer from https://nodejs.org"
node=$(node --version 2>/dev/null | sed 's/^v//') || true
node_fits "${node:-0}" || die "Node ${node:-of an unknown version} is too old: install Node $NODE_WANTED, 22.12 or newer from https://nodejs.org"
command -v npm >/dev/null || die "npm is missing: it comes with Node $NODE_WANTED from https://nodejs.org"
say "Go $go, Node $node, npm $(npm --version)"
