#!/usr/bin/env bash
# The official Node clients of the tests, in build/e2e/node. People do not need them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../e2e/node"
stamp=node_modules/.$(sha256sum package-lock.json | cut -c1-16)
[ -e "$stamp" ] && exit 0
echo "node: installing the test clients"
"$here/online.sh" "npm packages" npm ci --no-audit --no-fund --ignore-scripts --fetch-retries=1 --fetch-retry-mintimeout=1000
touch "$stamp"
