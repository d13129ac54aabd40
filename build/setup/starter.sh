#!/usr/bin/env bash
# Builds bin/run, the program behind `make run`, `make doctor` and the models
# of `make setup`. Takes a blink when nothing has changed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
"$here/tools.sh" go
[ -x bin/run ] || echo "starter: compiling what starts NexusAI (a minute the first time)"
exec "$here/online.sh" "Go modules" env CGO_ENABLED=0 go build -o bin/run ./build/run
