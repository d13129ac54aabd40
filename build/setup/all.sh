#!/usr/bin/env bash
# Everything that developing and testing needs, in an order in which a failure
# costs least. Safe to repeat; what is there is left alone.
# usage: all.sh [run]         run: only what `make run` needs before it builds
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/tools.sh"
if [ "${1:-}" = run ]; then
  "$here/packages.sh" build engine
  "$here/postgres.sh"
  exit 0
fi
"$here/packages.sh" build engine bundle screen browser clients redis
"$here/postgres.sh" bundle # the tests start both kinds
"$here/postgres.sh" deb
"$here/python.sh"
"$here/node.sh"
"$here/models.sh"
"$here/lint.sh"
"$here/engine.sh"
