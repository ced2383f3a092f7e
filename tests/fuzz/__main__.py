"""Fuzz every parser: python -m tests.fuzz [--seconds N] [--only NAME] [--seed N] [--keep]; exit 1 if one crashed."""

import argparse
import contextlib
import os
import resource
import sys

from tests.fuzz import driver, targets

MEMORY = 2 * 1024**3  # bytes of address space; a parser that believes a length from outside runs into it


def main() -> int:
    options = _options()
    targets.quiet()
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    chosen = [each for each in targets.all_targets() if not options.only or each.name.startswith(tuple(options.only))]
    if not chosen:
        print("no parser of that name", file=sys.stderr)
        return 2
    share = options.seconds / len(chosen)
    print(f"seed {options.seed}, {len(chosen)} parsers, {share:.1f} s each", flush=True)
    print(f"{'parser':32} {'executions':>11} {'per second':>11} {'features':>9} {'new':>5} {'crashers':>9}")
    results: list[driver.Result] = []
    for target in chosen:
        paths = driver.stored(driver.CORPUS, target.name) + driver.stored(driver.CRASHERS, target.name)
        known = [path.read_bytes() for path in paths]
        result = driver.fuzz(target, known, share, options.seed)
        results.append(result)
        print(
            f"{result.target:32} {result.executions:11,} {result.rate:11,.0f} {result.features:9,} "
            f"{len(result.interesting):5} {len(result.crashes):9}",
            flush=True,
        )
        for crash in result.crashes.values():
            path = driver.save(driver.CRASHERS, target.name, crash.data)
            print(f"  {crash.place} -> {path.relative_to(driver.HERE)}\n{crash.report}", flush=True)
        if options.keep:
            for data in driver.essential(target, known, result.interesting):
                driver.save(driver.CORPUS, target.name, data)
    crashes = sum(len(result.crashes) for result in results)
    print(f"{sum(result.executions for result in results):,} executions, {crashes} crashers")
    return 1 if crashes else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="in all, shared among the parsers")
    parser.add_argument("--only", action="append", metavar="NAME", help="parsers whose names begin so")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)), help="repeats the choices of a run")
    parser.add_argument("--keep", action="store_true", help="put what was interesting into the corpus")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
