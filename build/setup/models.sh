#!/usr/bin/env bash
# Fetches model files into the cache, verified; goes on where it stopped.
# usage: models.sh [chat-small|chat|embed|ID]...     default: chat-small embed
set -euo pipefail
# shellcheck source=build/setup/speak.sh
. "$(dirname "${BASH_SOURCE[0]}")/speak.sh"
[ $# -gt 0 ] || set -- chat-small embed
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build/setup/starter.sh
exec bin/run models "$@"
