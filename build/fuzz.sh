#!/usr/bin/env bash
# Runs every fuzz target of the module for a while each.
# usage: fuzz.sh 15s
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-15s}
mapfile -t files < <(grep -rlE "^func Fuzz[A-Z]" --include="*_test.go" backend sync server app)
failed=0 passed=0
for file in "${files[@]}"; do
  for target in $(sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$file"); do
    printf '%s %s\n' "$(dirname "$file")" "$target"
    if go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$(dirname "$file")"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
