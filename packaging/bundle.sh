#!/bin/sh
# The three programs in one folder, build/bundle/kingfisher, with everything they need but the system's own libraries.
set -eu
cd "$(dirname "$0")/.."

.venv/bin/pyinstaller --noconfirm --clean --log-level ERROR \
    --distpath build/bundle --workpath build/pyinstaller packaging/kingfisher.spec
folder=build/bundle/kingfisher

# Qt's own libraries break when they are stripped (their pages are no longer aligned); Python's and the extensions do not.
if [ "$(uname)" = Linux ] && command -v strip >/dev/null; then
    find "$folder/_internal" -name '*.so*' -type f ! -path '*/PySide6/*' ! -path '*/shiboken6/*' ! -name 'libQt6*' \
        ! -name 'libicu*' ! -name '*avcodec*' ! -name '*avformat*' -exec strip --strip-unneeded {} + 2>/dev/null || true
fi

# The relay and the command line must not need a screen, and the window must not need what it does not use.
for program in kingfisher kingfisher-cli kingfisher-relay; do
    "$folder/$program" --help >/dev/null
done
# Whatever the case: Qt itself writes EglFS and EglFs.
if find "$folder" \( -iname '*Quick*' -o -iname '*WebEngine*' -o -iname '*Qml*' -o -iname '*Pdf*' \
    -o -iname '*VirtualKeyboard*' -o -iname '*EglFS*' -o -iname 'QtDBus*' \) ! -path '*/PIL/*' | grep .; then
    echo "bundle: it holds Qt modules that nothing uses" >&2
    exit 1
fi
du -sh "$folder"
