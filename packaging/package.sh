#!/bin/sh
# Build wheel and source archive into dist/, install the wheel in a venv of its own and look whether it is whole; then,
# on Debian and its kin, the bundle and the .deb, proved in a clean system (packaging/prove.sh). BUNDLE=no leaves that out.
set -eu
cd "$(dirname "$0")/.."

rm -rf dist
.venv/bin/python -m hatchling build -d dist

proof=$(mktemp -d)
trap 'rm -rf "$proof"' EXIT
.venv/bin/python -m venv "$proof/venv"
"$proof/venv/bin/python" -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes --requirement requirements/client.txt
"$proof/venv/bin/python" -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes --requirement requirements/relay.txt
"$proof/venv/bin/python" -m pip --disable-pip-version-check --quiet install --no-deps dist/*.whl
cp packaging/self_check.py "$proof/"
# Isolated from this folder, so that nothing of the checkout can stand in for what the wheel lacks.
(cd "$proof" && venv/bin/python -I self_check.py)

if [ "${BUNDLE:-yes}" = no ]; then
    echo "package: no bundle, as asked"
elif command -v dpkg-deb >/dev/null; then
    packaging/bundle.sh
    packaging/deb.sh
    packaging/prove.sh
else
    packaging/bundle.sh
    echo "package: no .deb, since there is no dpkg-deb here"
fi
ls -l dist
