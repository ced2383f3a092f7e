#!/bin/sh
# Compile requirements/*.in into hash-pinned requirements/*.txt for every system and Python 3.11 to 3.14.
# The smaller sets take their versions from dev.txt, so that what was tested is what runs.
# Usage: packaging/lock.sh [--upgrade]
set -eu
cd "$(dirname "$0")/.."

compile() {
    set_name=$1
    shift
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header \
        --output-file "requirements/$set_name.txt" "$@" "requirements/$set_name.in"
}

compile dev "$@"
for set_name in build relay client desktop; do
    rm -f "requirements/$set_name.txt"
    compile "$set_name" --constraints requirements/dev.txt
done
