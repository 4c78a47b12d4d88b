#!/bin/sh
# Packs the release build as a Debian package, for the Debian that it was built on.
# Usage: scripts/build-deb.sh [folder]   (default: .build/deb; VERSION=1.2.3 takes another version)
set -eu
out=${1:-.build/deb}
bin=.build/release
version=${VERSION:-$("$bin/gatehouse" --version)}
architecture=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tree=$root/tree
umask 022

mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$tree/usr/lib/gatehouse" "$tree/etc/gatehouse/estates" \
  "$tree/lib/systemd/system" "$tree/usr/share/doc/gatehouse/examples" "$tree/usr/share/man/man1" \
  "$tree/usr/share/lintian/overrides"

# The program finds its pages beside itself.
cp "$bin/gatehouse" "$tree/usr/lib/gatehouse/"
strip --strip-unneeded "$tree/usr/lib/gatehouse/gatehouse"
for part in gatehouse_Console gatehouse_Reports; do cp -R "$bin/$part.resources" "$tree/usr/lib/gatehouse/"; done
find "$tree/usr/lib/gatehouse" -type f ! -name gatehouse -exec chmod 644 {} +
ln -s ../lib/gatehouse/gatehouse "$tree/usr/bin/gatehouse"

cp -R config/calendars config/profiles config/rules "$tree/etc/gatehouse/"
cp config/mosquitto.conf.template config/notifications.yaml config/routing.yaml "$tree/etc/gatehouse/"
sed -e 's|^data: .*|data: /var/lib/gatehouse|' -e 's|^catalogue: .*|catalogue: estates|' config/gatehouse.yaml \
  >"$tree/etc/gatehouse/gatehouse.yaml"
cp packaging/estates-README "$tree/etc/gatehouse/estates/README"
cp packaging/gatehouse.service "$tree/lib/systemd/system/"

documents=$tree/usr/share/doc/gatehouse
cp docs/*.md "$documents/"
cp docs/grafana-dashboard.json "$documents/examples/"
cp -R seeds/estates config/tests "$documents/examples/"
cp packaging/copyright "$documents/copyright"
gzip -9n <CHANGELOG.md >"$documents/changelog.gz"
{
  printf 'gatehouse (%s) stable; urgency=medium\n\n  * See changelog.gz.\n\n' "$version"
  printf ' -- Gatehouse developers <gatehouse@localhost.localdomain>  %s\n' "$(date -R -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}")"
} | gzip -9n >"$documents/changelog.Debian.gz"
gzip -9n <packaging/gatehouse.1 >"$tree/usr/share/man/man1/gatehouse.1.gz"
cp packaging/lintian-overrides "$tree/usr/share/lintian/overrides/gatehouse"

# dpkg keeps what an administrator has changed of these.
(cd "$tree" && find etc -type f -printf '/%p\n' | LC_ALL=C sort) >"$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "packaging/$script" "$tree/DEBIAN/$script"; done
(cd "$tree" && find usr lib -type f -exec md5sum {} + | LC_ALL=C sort -k2) >"$tree/DEBIAN/md5sums"

# Which packages have the libraries that the program is linked to.
mkdir -p "$root/source/debian"
printf 'Source: gatehouse\n\nPackage: gatehouse\nArchitecture: any\n' >"$root/source/debian/control"
libraries=$(cd "$root/source" && dpkg-shlibdeps -O -e"$tree/usr/lib/gatehouse/gatehouse" 2>/dev/null |
  sed -n 's/^shlibs:Depends=//p')
[ -n "$libraries" ] || { echo "build-deb: dpkg-shlibdeps found no libraries" >&2; exit 1; }
# And those that it opens by name when it needs them.
for library in libcurl.so.4 libical.so.3; do
  owner=$(dpkg-query -S "*/$library" | sed -n '1s/[:,].*//p')
  [ -n "$owner" ] || { echo "build-deb: no package has $library" >&2; exit 1; }
  libraries="$libraries, $owner"
done
size=$(du -k -s --apparent-size "$tree" | cut -f1)
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" \
  -e "s/@LIBRARIES@/$libraries/" packaging/control.in >"$tree/DEBIAN/control"

mkdir -p "$out"
package=$out/gatehouse_${version}_$architecture.deb
# COMPRESSION=gzip is quicker, for trials.
dpkg-deb --root-owner-group -Z"${COMPRESSION:-xz}" --build "$tree" "$package" >/dev/null
echo "$package"
