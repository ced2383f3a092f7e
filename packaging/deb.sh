#!/bin/sh
# dist/kingfisher_VERSION_ARCHITECTURE.deb out of build/bundle/kingfisher.
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)

root=build/deb
rm -rf "$root"
mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/lib" "$root/usr/share/applications" "$root/usr/share/metainfo" \
    "$root/usr/share/doc/kingfisher" "$root/usr/share/icons/hicolor/scalable/apps"
cp -a build/bundle/kingfisher "$root/usr/lib/kingfisher"
for program in kingfisher kingfisher-cli kingfisher-relay; do
    ln -s "../lib/kingfisher/$program" "$root/usr/bin/$program"
done
cp packaging/linux/kingfisher.desktop "$root/usr/share/applications/"
sed -e "s/@VERSION@/$version/" -e "s/@DATE@/$date/" packaging/linux/kingfisher.metainfo.xml \
    > "$root/usr/share/metainfo/kingfisher.metainfo.xml"
cp resources/app-icon.svg "$root/usr/share/icons/hicolor/scalable/apps/kingfisher.svg"
for size in 16 24 32 48 64 128 256 512; do
    mkdir -p "$root/usr/share/icons/hicolor/${size}x$size/apps"
    cp "resources/icons/app/kingfisher-$size.png" "$root/usr/share/icons/hicolor/${size}x$size/apps/kingfisher.png"
done
cp packaging/linux/copyright "$root/usr/share/doc/kingfisher/copyright"
gzip -9n < CHANGELOG.md > "$root/usr/share/doc/kingfisher/changelog.gz"
.venv/bin/python packaging/licences.py "$root/usr/share/doc/kingfisher/licences"

find "$root" -type d -exec chmod 755 {} +
find "$root" -type f ! -perm -100 -exec chmod 644 {} +
find "$root" -type f -perm -100 -exec chmod 755 {} +
size=$(du -sk "$root/usr" | cut -f1)
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" packaging/linux/control \
    > "$root/DEBIAN/control"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)

mkdir -p dist
dpkg-deb --root-owner-group -Zxz -z6 --build "$root" "dist/kingfisher_${version}_$architecture.deb" >/dev/null
ls -l "dist/kingfisher_${version}_$architecture.deb"
