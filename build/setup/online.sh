#!/usr/bin/env bash
# Runs a command that may have to fetch something. If it fails for want of a
# network or of disk, its pages of errors end with a sentence that says so.
# usage: online.sh WHAT COMMAND...       WHAT is what it fetches, in words
set -euo pipefail
# shellcheck source=build/setup/speak.sh
. "$(dirname "${BASH_SOURCE[0]}")/speak.sh"
what=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
"$@" 2>&1 | tee "$log" || status=$?
[ "$status" = 0 ] || explain "$log" "$what"
exit "$status"
