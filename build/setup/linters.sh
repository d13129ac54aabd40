#!/usr/bin/env bash
# Builds the linter that build/tools pins into the cache, once per pin.
set -euo pipefail
# shellcheck source=build/setup/speak.sh
. "$(dirname "${BASH_SOURCE[0]}")/speak.sh"
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../tools" && pwd)
stamp=$NEXUS_CACHE/bin/.golangci-lint.$(cat "$tools/go.sum" <(go env GOVERSION) | sha256sum | cut -c1-16)
[ -e "$stamp" ] && [ -x "$NEXUS_CACHE/bin/golangci-lint" ] && exit 0
say "building golangci-lint"
mkdir -p "$NEXUS_CACHE/bin"
(cd "$tools" && go build -o "$NEXUS_CACHE/bin/golangci-lint" github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
rm -f "$NEXUS_CACHE"/bin/.golangci-lint.*
touch "$stamp"
