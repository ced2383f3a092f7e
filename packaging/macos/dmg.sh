#!/bin/sh
# A disk image of build/bundle/Kingfisher.app. NOT TESTED YET on macOS.
#
# SIGN="Developer ID Application: ..." signs it, NOTARY=profile-name (of notarytool) has it notarised as well.
set -eu
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
app=build/bundle/Kingfisher.app
image=dist/kingfisher-$version-$(uname -m).dmg
[ -d "$app" ] || { echo "dmg: run pyinstaller packaging/kingfisher.spec first" >&2; exit 1; }

if [ -n "${SIGN:-}" ]; then
    find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' -o -perm -100 \) -print0 |
        xargs -0 codesign --force --timestamp --options runtime --sign "$SIGN"
    codesign --force --timestamp --options runtime --entitlements packaging/macos/entitlements.plist --sign "$SIGN" "$app"
    codesign --verify --deep --strict "$app"
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -R "$app" "$folder/"
ln -s /Applications "$folder/Applications"
mkdir -p dist
rm -f "$image"
hdiutil create -volname Kingfisher -srcfolder "$folder" -fs HFS+ -format UDZO "$image"

if [ -n "${SIGN:-}" ]; then
    codesign --timestamp --sign "$SIGN" "$image"
fi
if [ -n "${NOTARY:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$NOTARY" --wait
    xcrun stapler staple "$image"
fi
ls -l "$image"
