#!/bin/sh
# Installs the Debian package into a fresh Debian folder, starts it there, upgrades it, removes it, purges it.
# Needs root and a network; takes some minutes. Usage: scripts/test-deb.sh   (DEBIAN=folder keeps the fresh one)
set -eu
cd "$(dirname "$0")/.."
fail() { echo "test-deb: $1" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || fail "needs root"
for program in debootstrap dpkg-deb lintian; do
  command -v "$program" >/dev/null || fail "'$program' is missing: apt-get install debootstrap lintian"
done

work=$(mktemp -d)
pid=
cleanup() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  umount "$work/root/proc" 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap cleanup EXIT

version=$(.build/release/gatehouse --version)
export COMPRESSION=gzip
first=$(VERSION="$version" sh scripts/build-deb.sh "$work")
# An upgrade needs a later version of the same.
dpkg-deb -R "$first" "$work/tree"
sed -i "s/^Version: .*/Version: $version+1/" "$work/tree/DEBIAN/control"
second=$work/gatehouse_$version+1_$(dpkg --print-architecture).deb
dpkg-deb --root-owner-group -Zgzip --build "$work/tree" "$second" >/dev/null
rm -rf "$work/tree"

echo "== lintian"
lintian --fail-on error --allow-root "$first"

fresh=${DEBIAN:-}
if [ -z "$fresh" ]; then
  echo "== debootstrap"
  fresh=$work/fresh
  debootstrap --variant=minbase bookworm "$fresh" http://deb.debian.org/debian >"$work/debootstrap.log" ||
    { tail -n 20 "$work/debootstrap.log" >&2; fail "debootstrap failed"; }
fi
cp -a "$fresh" "$work/root"
root=$work/root
mount -t proc proc "$root/proc"
# No service starts while it is installed: there is no systemd in the folder.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

echo "== install"
cp "$first" "$second" "$root/root/"
in_root apt-get update -q >"$work/apt.log" 2>&1 || { tail "$work/apt.log" >&2; fail "apt-get update"; }
in_root apt-get install -y -q --no-install-recommends "/root/$(basename "$first")" >>"$work/apt.log" 2>&1 ||
  { tail -n 30 "$work/apt.log" >&2; fail "apt-get install"; }
in_root getent passwd gatehouse >/dev/null || fail "no user gatehouse"
[ "$(stat -c %a "$root/var/lib/gatehouse")" = 700 ] || fail "the data folder is open"
in_root gatehouse check /etc/gatehouse || fail "the shipped configuration has errors"
[ -L "$root/etc/systemd/system/multi-user.target.wants/gatehouse.service" ] || fail "the service is not enabled"

start() {
  chroot --userspec=gatehouse:gatehouse "$root" gatehouse run --config /etc/gatehouse --data /var/lib/gatehouse \
    >"$work/run.log" 2>&1 &
  pid=$!
  tries=0
  until in_root gatehouse status --data /var/lib/gatehouse --config /etc/gatehouse --json 2>/dev/null |
    grep -q '"link":"connected"'; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { cat "$work/run.log" >&2; fail "it does not start"; }
    sleep 0.3
  done
}
finish() {
  kill "$pid"
  wait "$pid" || { cat "$work/run.log" >&2; fail "it does not end well"; }
  pid=
}

echo "== start"
cp seeds/estates/luyuan.yaml "$root/etc/gatehouse/estates/"
start
in_root gatehouse device enrol luyuan/probe-w01 --config /etc/gatehouse --data /var/lib/gatehouse >/dev/null ||
  fail "device enrol"
tries=0
until [ -s "$root/var/lib/gatehouse/console.url" ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { cat "$work/run.log" >&2; fail "no console"; }
  sleep 0.3
done
url=$(cat "$root/var/lib/gatehouse/console.url")
python3 - "$url" <<'PY' || fail "the console does not answer"
import sys, urllib.request
assert urllib.request.urlopen(sys.argv[1] + "healthz", timeout=10).read() == b"ok\n"
page = urllib.request.urlopen(sys.argv[1] + "sign-in", timeout=10).read().decode()
assert "<form" in page, page[:200]
PY
finish

echo "== upgrade"
echo "# an administrator's own line" >>"$root/etc/gatehouse/gatehouse.yaml"
in_root apt-get install -y -q "/root/$(basename "$second")" >>"$work/apt.log" 2>&1 ||
  { tail -n 30 "$work/apt.log" >&2; fail "the upgrade"; }
grep -q "administrator's own line" "$root/etc/gatehouse/gatehouse.yaml" || fail "the upgrade changed a configuration file"
[ "$(in_root dpkg-query -W -f '${Version}' gatehouse)" = "$version+1" ] || fail "not upgraded"
start
in_root gatehouse device list --config /etc/gatehouse --data /var/lib/gatehouse | grep -q luyuan/probe-w01 ||
  fail "the upgrade lost data"
finish

echo "== remove, install again, purge"
in_root apt-get remove -y -q gatehouse >>"$work/apt.log" 2>&1 || { tail "$work/apt.log" >&2; fail "remove"; }
[ ! -e "$root/usr/bin/gatehouse" ] || fail "remove left the program"
[ -e "$root/etc/gatehouse/gatehouse.yaml" ] && [ -e "$root/var/lib/gatehouse/gatehouse.sqlite" ] ||
  fail "remove took configuration or data"
in_root apt-get install -y -q "/root/$(basename "$second")" >>"$work/apt.log" 2>&1 || fail "install again"
in_root apt-get purge -y -q gatehouse >>"$work/apt.log" 2>&1 || { tail "$work/apt.log" >&2; fail "purge"; }
for left in /etc/gatehouse /var/lib/gatehouse /usr/lib/gatehouse; do
  [ ! -e "$root$left" ] || fail "purge left $left"
done
left=$(find "$root/etc/systemd" "$root/var/lib/systemd" -name '*gatehouse*' | head -n 1)
[ -z "$left" ] || fail "purge left $left"
echo "test-deb: installed, started, upgraded, removed and purged"
