#!/usr/bin/env bash
# `make run` in a clean clone: without a display it must print one-time links
# that answer, start again on the same data, and with one open the window, signed
# in; each leaves no process. The times are printed, not judged: a figure is a
# matter of `make bench`.
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
cleanup() {
  [ -z "${group:-}" ] || kill -KILL -- "-$group" 2>/dev/null || true
  [ -z "${screen:-}" ] || kill "$screen" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

begin() { # runs make run in a process group of its own
  : >"$log"
  began=$(date +%s%N)
  setsid make -C "$clone" run >"$log" 2>&1 </dev/null &
  group=$!
}

await() { # WHAT PATTERN FILE: until the file has a line like it
  for _ in $(seq 1 9000); do
    found=$(grep -oE "$2" "$3" 2>/dev/null | head -1 || true)
    [ -z "$found" ] || return 0
    kill -0 "$group" 2>/dev/null || fail "make run ended by itself"
    sleep 0.1
  done
  fail "$1 did not come within 15 minutes"
}

start() { # and waits for the link
  begin
  await "the link" 'http://127\.0\.0\.1:[0-9]+/#token=[A-Za-z0-9_-]+' "$log"
  link=$found
  ms=$((($(date +%s%N) - began) / 1000000))
  grep -q 'there is no display here' "$log" || fail "it does not say that there is no display"
  [ "$(id -u)" != 0 ] || grep -q 'you are root' "$log" || fail "it does not say what root means"
}

console() { # the owner's link signs in, once
  await "the console's link" 'http://127\.0\.0\.1:[0-9]+/console#\S+' "$log"
  local base=${found%%/console*} token status want
  token=$(printf '%s' "$found" | grep -oE 'link=[^&]+' | cut -d= -f2)
  for want in 200 410; do
    status=$(curl -sS -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' "$base/api/auth/exchange" \
      -d "{\"token\":\"$token\",\"device\":{\"id\":\"0192f3a4-7b1c-7def-8123-456789abcdef\",\"name\":\"make run\"}}")
    [ "$status" = $want ] || fail "the console's link answers $status, not $want"
  done
}

window() { # as on a desktop: a window of its own, signed in
  exec 5< <(exec Xvfb -displayfd 1 -screen 0 1280x900x24 -nolisten tcp 2>/dev/null)
  screen=$!
  read -r -u 5 number
  rm -rf "$clone/.data/desktop" # a device that nobody has signed in on yet
  DISPLAY=:$number NEXUS_DIAG_FILE=$work/diag.jsonl begin
  await "the window" '"event":"first_view"' "$work/diag.jsonl"
  await "the sign-in" '"event":"signed_in"' "$work/diag.jsonl"
  await "its greeting" 'ready in .*' "$log"
  ! grep -q '/#token=' "$log" || fail "it printed a link although there is a display"
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
  ! grep -q 'would not stop' "$log" || fail "processes had to be killed"
}

git clone -q "$source" "$clone"
start; answer; console
say "first make run in a clean clone: answering after $ms ms"
stop
start; answer
say "second make run: answering after $ms ms"
stop
window
say "with a display: the window, signed in"
stop
say "nothing is left behind"
