#!/usr/bin/env bash
# Builds llama.cpp's server from pinned sources into the cache, once.
# Prints "progress engine DONE TOTAL" lines and keeps engine.progress in the
# cache, which the running program reads (backend/llamacpp/building.go).
set -euo pipefail
# shellcheck source=build/setup/speak.sh
. "$(dirname "${BASH_SOURCE[0]}")/speak.sh"
VERSION=0.3.36
SHA256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
STEPS=206 # until the generator says how many there are
FLAGS=(-G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DGGML_CCACHE=OFF
  -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_UI=OFF
  -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_APP=OFF)
stamp="llama-cpp-python $VERSION $(printf '%s ' "${FLAGS[@]}" | sha256sum | cut -c1-12)"
bin=$NEXUS_CACHE/bin/llama-server
work=$NEXUS_CACHE/work
archive=$NEXUS_CACHE/dl/llama_cpp_python-$VERSION.tar.gz
file=$NEXUS_CACHE/engine.progress

built() { [ -x "$bin" ] && [ "$(cat "$bin.stamp" 2>/dev/null)" = "$stamp" ]; }
note() { printf '%s\n' "$1" >"$file.new" && mv "$file.new" "$file"; }
progress() { note "engine $1 $2 $$"; printf 'progress engine %s %s\n' "$1" "$2"; }
fail() { note "failed $$ $*"; trap - EXIT; die "$@"; }

built && { say "llama.cpp server is built"; exit 0; }
need_space 1500
mkdir -p "$NEXUS_CACHE"/{bin,dl}
exec 9>"$NEXUS_CACHE/engine.lock"
flock -n 9 || { say "another build is running, waiting for it"; flock 9; }
built && { say "llama.cpp server is built"; exit 0; }

# What a build that was cut leaves is used again by the next one.
trap 'rm -f "$file"' EXIT
trap 'exit 130' INT TERM HUP
progress 0 $STEPS
for tool in cmake ninja g++; do command -v $tool >/dev/null || fail "$tool is missing: build/setup/packages.sh engine"; done
has_pip || fail "python3 with pip is missing: build/setup/packages.sh engine"

if ! echo "$SHA256  $archive" | sha256sum -c --status 2>/dev/null; then
  echo "llama-cpp-python==$VERSION --hash=sha256:$SHA256" >"$NEXUS_CACHE/dl/engine.pin"
  python3 -m pip download -q --require-hashes --no-deps --no-binary llama-cpp-python \
    -d "$NEXUS_CACHE/dl" -r "$NEXUS_CACHE/dl/engine.pin" >"$NEXUS_CACHE/dl/pip.log" 2>&1 9>&- ||
    { tail -2 "$NEXUS_CACHE/dl/pip.log" >&2; fail "the engine's source could not be fetched: check the network connection and start again"; }
fi
if [ "$(cat "$work/.source" 2>/dev/null)" != "$stamp" ]; then
  rm -rf "$work"; mkdir -p "$work/llama"
  tar -xzf "$archive" -C "$work/llama" --strip-components=3 "llama_cpp_python-$VERSION/vendor/llama.cpp"
  rm -f "$work/llama/.git" # a pointer into a repository that is not here
  echo "$stamp" >"$work/.source"
fi
if command -v ccache >/dev/null; then FLAGS+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake -S "$work/llama" -B "$work/build" "${FLAGS[@]}" >"$work/cmake.log" 2>&1 9>&- ||
  { tail -20 "$work/cmake.log" >&2; fail "cmake could not prepare the engine, see above"; }

# NINJA_STATUS makes each step start with [done/total].
if ! nice -n 5 env NINJA_STATUS='[%f/%t] ' ninja -C "$work/build" -j "${JOBS:-$(nproc)}" llama-server 2>&1 9>&- |
  tee "$work/ninja.log" |
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then progress "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"; fi
  done; then
  tail -20 "$work/ninja.log" >&2
  fail "the engine did not compile, see above"
fi
strip -o "$bin.new" "$work/build/bin/llama-server"
echo "$stamp" >"$bin.stamp"
mv "$bin.new" "$bin"
trap - EXIT
rm -rf "$work" "$file" "$NEXUS_CACHE"/dl/{engine.pin,pip.log}
say "llama.cpp server is built"
