#!/bin/sh
# The static checks, each with its time; all of them run, and one that fails fails the whole. Words behind it are a
# command that is run as well, once its own checks are through and while types are still being looked at.
set -u
cd "$(dirname "$0")/.."
export PYRIGHT_PYTHON_IGNORE_WARNINGS=1

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# What it said is shown when it failed; its file is there only then.
check() {
    name=$1
    shift
    start=$(date +%s)
    verdict=ok
    "$@" >"$results/$name" 2>&1 || verdict=FAILED
    [ "$verdict" = ok ] || cat "$results/$name"
    [ "$verdict" = FAILED ] || rm -f "$results/$name"
    printf '%-8s %s (%s s)\n' "$name" "$verdict" "$(($(date +%s) - start))"
}

# Types take as long as all the others, on a core of their own.
check types .venv/bin/pyright &
check lint .venv/bin/ruff check .
check format .venv/bin/ruff format --check .
check walls .venv/bin/lint-imports --no-logo
# Every test can be imported, and is compiled here once instead of by each worker that runs it.
check tests .venv/bin/pytest --collect-only -qq
code=0
[ $# = 0 ] || "$@" || code=$?
wait

failed=$(ls "$results")
[ -z "$failed" ] || { printf 'failed: %s\n' "$(echo $failed)"; exit 1; }
exit "$code"
