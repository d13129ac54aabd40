#!/usr/bin/env bash
# golangci-lint (with staticcheck in it), built from the module that pins it.
set -euo pipefail
cache=${NEXUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nexusai}
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../tools" && pwd)
stamp=$cache/bin/.golangci-lint-$(sha256sum "$tools/go.mod" | cut -c1-16)
[ -e "$stamp" ] && [ -x "$cache/bin/golangci-lint" ] && exit 0
echo "lint: building golangci-lint (some minutes, once)"
mkdir -p "$cache/bin"
(cd "$tools" && go build -o "$cache/bin/golangci-lint" github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
touch "$stamp"
