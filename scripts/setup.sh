#!/bin/sh
# Makes the machine ready to build Gatehouse: checks the Swift toolchain and installs the Debian packages that are
# missing. Changes nothing when all is there. Ends with status 1, and says what to do, when something can't be mended
# from here.
set -eu
# Where mosquitto lives is often not on a user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin

packages="ca-certificates git libmosquitto-dev mosquitto mosquitto-clients python3 libsimdjson-dev libcbor-dev libical-dev zlib1g-dev libcurl4-openssl-dev libsqlite3-dev pkg-config g++ tzdata util-linux openssl prometheus-alertmanager chromium chromium-driver fonts-noto-cjk libjs-dygraphs python3-venv curl prometheus systemd lintian debootstrap"
swift_needed="6.1"

stop() {
  printf 'gatehouse: %s\n' "$1" >&2
  exit 1
}

check_swift() {
  remedy="install Swift $swift_needed or later (https://www.swift.org/install/linux) and put its bin folder on PATH"
  command -v swift >/dev/null 2>&1 || stop "Swift is missing: $remedy"
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\)\.\([0-9][0-9]*\).*/\1 \2/p' | head -n 1)
  [ -n "$found" ] || stop "'swift --version' names no version: $remedy"
  major=${found% *}
  minor=${found#* }
  if [ "$major" -lt "${swift_needed%.*}" ] ||
    { [ "$major" -eq "${swift_needed%.*}" ] && [ "$minor" -lt "${swift_needed#*.}" ]; }; then
    stop "Swift $major.$minor is too old: $remedy"
  fi
}

# Prints the packages that are not installed, on one line.
missing_packages() {
  for package in $packages; do
    # Debian may provide a package under another name (pkgconf for pkg-config): dpkg knows only real ones.
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    case "$package:$state" in
      *:installed) ;;
      pkg-config:*) command -v pkg-config >/dev/null 2>&1 || printf '%s ' "$package" ;;
      g++:*) command -v g++ >/dev/null 2>&1 || printf '%s ' "$package" ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

# Runs a command as root: directly, or by a sudo that asks for no password.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@" </dev/null
  else
    sudo -n env DEBIAN_FRONTEND=noninteractive "$@" </dev/null
  fi
}

may_be_root() {
  [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; }
}

check_swift

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  # Not Debian: the libraries may still be there under other names.
  if command -v pkg-config >/dev/null 2>&1 && pkg-config --exists libmosquitto simdjson libcbor libical zlib libcurl sqlite3 &&
    command -v mosquitto >/dev/null 2>&1; then
    exit 0
  fi
  stop "this is not Debian or Ubuntu: install the mosquitto broker, pkg-config, a C++ compiler, and the development files of libmosquitto, simdjson, libcbor, libical, zlib, libcurl and SQLite 3 yourself"
fi

missing=$(missing_packages)
missing=${missing% }
[ -n "$missing" ] || exit 0

if ! may_be_root; then
  printf 'gatehouse: these Debian packages are missing; run this as root, then try again:\n' >&2
  printf '  apt-get update && apt-get install -y --no-install-recommends %s\n' "$missing" >&2
  exit 1
fi

printf 'gatehouse: installing %s\n' "$missing" >&2
as_root apt-get update -q || stop "apt-get update failed: see above"
# The names are separate words on purpose.
# shellcheck disable=SC2086
as_root apt-get install -y -q --no-install-recommends $missing || stop "apt-get install failed: see above"
