#!/usr/bin/env bash
# `make run` in a clean clone without a display: it must print a one-time
# link that answers, start again on the same data, and leave no process. The times
# are printed, not judged: a figure is a matter of `make bench`.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /tmp/nexus-run.XXXXXX)
chmod 711 "$work" # as a person's folder: root's database runs as a user of its own
clone=$work/clone
log=$work/run.log
unset DISPLAY WAYLAND_DISPLAY
export NEXUS_CHAT_MODEL=${NEXUS_CHAT_MODEL:-qwen2.5-coder-0.5b}   # the small one: this is about the way there

say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*"; tail -n 80 "$log" || true; exit 1; }
# Whatever works in the clone's folder, or was started with its path.
left() { pgrep -af "$clone" | grep -v "pgrep" || true; }
cleanup() { [ -z "${group:-}" ] || kill -KILL -- "-$group" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

start() { # runs make run in a process group of its own and waits for the link
  : >"$log"
  began=$(date +%s%N)
  setsid make -C "$clone" run >"$log" 2>&1 </dev/null &
  group=$!
  for _ in $(seq 1 9000); do
    link=$(grep -oE 'http://127\.0\.0\.1:[0-9]+/#token=[A-Za-z0-9_-]+' "$log" | head -1 || true)
    [ -z "$link" ] || break
    kill -0 "$group" 2>/dev/null || fail "make run ended by itself"
    sleep 0.1
  done
  [ -n "$link" ] || fail "no link was printed within 15 minutes"
  ms=$((($(date +%s%N) - began) / 1000000))
}

answer() { # exchanges the link's token for a bearer and asks for the status
  local base=${link%%/#*} token=${link##*#token=} bearer
  bearer=$(curl -fsS -H "Origin: $base" -H 'Content-Type: application/json' -d "{\"token\":\"$token\"}" "$base/api/local/exchange" |
    python3 -c 'import json,sys; print(json.load(sys.stdin)["access_token"])') || fail "the link's token was refused"
  for _ in $(seq 1 300); do
    state=$(curl -fsS -H "Authorization: Bearer $bearer" "$base/api/local/status" |
      python3 -c 'import json,sys; print(json.load(sys.stdin)["server"]["state"])') || fail "the status does not answer"
    [ "$state" != connected ] || return 0
    sleep 0.1
  done
  fail "the app is $state, not connected to the server"
}

stop() { # as Ctrl-C does, then nothing may be left
  kill -INT -- "-$group"
  for _ in $(seq 1 300); do
    kill -0 -- "-$group" 2>/dev/null || break
    sleep 0.1
  done
  sleep 0.5
  [ -z "$(left)" ] || { left; fail "processes are left behind"; }
}

git clone -q "$source" "$clone"
start; answer
say "first make run in a clean clone: answering after $ms ms"
stop
start; answer
say "second make run: answering after $ms ms"
stop
say "nothing is left behind"
