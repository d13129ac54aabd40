#!/usr/bin/env bash
# Checks the tools that a person brings: Git, Go and Node.
set -euo pipefail
# shellcheck source=build/setup/speak.sh
. "$(dirname "${BASH_SOURCE[0]}")/speak.sh"
GO_WANTED=1.26 NODE_WANTED=20

# at_least HAVE WANTED: compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]; }

command -v git >/dev/null || die "Git is missing: install it with your system's package manager (Debian: apt install git)"
command -v go >/dev/null || die "Go is missing: install Go $GO_WANTED or newer from https://go.dev/dl"
go=$(go env GOVERSION | sed 's/^go//; s/ .*//')
at_least "$go" "$GO_WANTED" || die "Go $go is too old: install Go $GO_WANTED or newer from https://go.dev/dl"
command -v node >/dev/null || die "Node is missing: install Node $NODE_WANTED or newer from https://nodejs.org"
node=$(node --version | sed 's/^v//')
at_least "$node" "$NODE_WANTED" || die "Node $node is too old: install Node $NODE_WANTED or newer from https://nodejs.org"
command -v npm >/dev/null || die "npm is missing: it comes with Node $NODE_WANTED from https://nodejs.org"
say "Go $go, Node $node, npm $(npm --version)"
