#!/usr/bin/env bash
# Runs every fuzz target of the module for a while each.
# usage: fuzz.sh 15s
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-15s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# fuzz runs a target. Without the bound, Go spends up to a minute to shorten each
# input that is merely new, and tries nothing else. A target whose time is over in
# the middle of an input fails with that and no input: once more.
fuzz() {
  for _ in 1 2; do
    go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 100x "./$1" 2>&1 | tee "$log" && return 0
    grep -q '^ *context deadline exceeded$' "$log" && ! grep -q 'Failing input' "$log" || return 1
  done
  return 1
}

mapfile -t files < <(grep -rlE "^func Fuzz[A-Z]" --include="*_test.go" backend sync server app)
failed=0 passed=0
for file in "${files[@]}"; do
  for target in $(sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$file"); do
    printf '%s %s\n' "$(dirname "$file")" "$target"
    if fuzz "$(dirname "$file")" "$target"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
