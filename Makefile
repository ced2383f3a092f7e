# Every command a contributor needs. Each sets up .venv first, which takes a moment when nothing has changed.

SHELL := /bin/sh
BIN := .venv/bin
SECONDS ?= 600
# Twice the two cores this is made for: many tests wait for processes, and that time is used.
WORKERS ?= 4
# Those wait even more, and need more memory.
LONG_WORKERS ?= 3
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long soak bench fuzz screens check format lock package clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup: ## make .venv with the pinned packages and the three programs
	@packaging/setup.sh

demo: setup ## a private relay and a few people who talk
	@$(BIN)/python -m app.demo

screens: setup ## every screen beside its mockup, into build/screens
	$(BIN)/python -m tests.screens $(SCREENS)

check: setup ## static checks: lint, format, types, walls
	@packaging/check.sh

# Tests are compiled in a form of their own, which is kept: not again in every worker and every run.
check test test-long soak: export PYTHONDONTWRITEBYTECODE :=

# A worker that crashes ends the run as a failure: replaced by another, the scheduler waits for it for ever. Files go
# out in their own order: sorted by how many tests they have, those with few and slow ones would come last and alone.
test: setup ## static checks and every test but the long ones
	@packaging/check.sh $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0 $(PYTEST_ARGS)

test-long: setup ## the long tests: all fault points, long wire, many examples, soak (a tenth of the window's)
	KINGFISHER_EXAMPLES=$${KINGFISHER_EXAMPLES:-3} KINGFISHER_SOAK=$${KINGFISHER_SOAK:-0.1} $(BIN)/pytest \
		-m "long or hypothesis" -n $(LONG_WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0 --durations=30 $(PYTEST_ARGS)

soak: setup ## the window's soak as a whole: a quickened year, half an hour
	$(BIN)/pytest -m long $(PYTEST_ARGS) tests/soak

bench: setup ## ratios with their figures
	$(BIN)/python -m tests.bench

fuzz: setup ## every parser; SECONDS=600 in all
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

format: setup ## lay out and tidy the source
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## compile requirements/*.in anew, to the newest versions
	packaging/lock.sh --upgrade

package: setup ## wheel, source archive and .deb into dist/, each proved in a place of its own
	@packaging/package.sh

clean: ## remove what was built, but not .venv
	rm -rf dist build .pytest_cache .ruff_cache .import_linter_cache .hypothesis
