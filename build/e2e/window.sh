#!/usr/bin/env bash
# The tests that need a display: a journey in the real window with real keys and
# clicks, and hostile pages inside it. They get a virtual display of their own.
# usage: window.sh [-json]    what go test is told besides
set -euo pipefail
cd "$(dirname "$0")/../.."
exec 5< <(exec Xvfb -displayfd 1 -screen 0 1280x900x24 -nolisten tcp 2>/dev/null)
xvfb=$!
trap 'kill "$xvfb" 2>/dev/null || true' EXIT
read -r -u 5 number
export DISPLAY=:$number
go test -count=1 "$@" -timeout 10m -tags window -run Window ./app
go test -count=1 "$@" -timeout 10m -tags desktop,production,webkit2_41,window ./app/native
