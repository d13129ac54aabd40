#!/usr/bin/env bash
# The Python of the tests: the official OpenAI and Anthropic clients, pytest and
# schemathesis, in a virtual environment of their own in the cache. People do not need it.
set -euo pipefail
cache=${NEXUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nexusai}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$cache/py
stamp=$venv/.$(sha256sum "$here/python-requirements.txt" | cut -c1-16)
[ -e "$stamp" ] && exit 0
echo "python: installing the test clients"
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$here/python-requirements.txt"
touch "$stamp"
