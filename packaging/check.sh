#!/bin/sh
# The static checks, each with its time; all of them run, and one that fails fails the whole.
set -u
cd "$(dirname "$0")/.."

failed=
check() {
    name=$1
    shift
    start=$(date +%s)
    if output=$("$@" 2>&1); then
        verdict=ok
    else
        verdict=FAILED
        failed="$failed $name"
        printf '%s\n' "$output"
    fi
    printf '%-8s %s (%s s)\n' "$name" "$verdict" "$(($(date +%s) - start))"
}

export PYRIGHT_PYTHON_IGNORE_WARNINGS=1
check lint .venv/bin/ruff check .
check format .venv/bin/ruff format --check .
check types .venv/bin/pyright
check walls .venv/bin/lint-imports --no-logo
[ -z "$failed" ] || { printf 'failed:%s\n' "$failed"; exit 1; }
