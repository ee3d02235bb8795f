# Two commands: `make demo` shows it, `make test` checks it. Both set up everything first (see .ci/setup.sh).
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest
# `make test` is for a fresh checkout too: nothing of it may depend on the user's own workspace or keys.
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help setup demo test lint tests offline slow faults lock wheel clean

help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18
	@echo "bench-ROOM        Figures against a peer or a limit: $(patsubst tests/benchmarks/bench_%.py,%,$(sort $(wildcard tests/benchmarks/bench_*.py)))"

setup: ## Virtual environment, locked packages, Pango
	@.ci/setup.sh

demo: setup ## The whole path on the shipped sample, in ./demo
	@[ ! -d demo/.govern ] || { echo "== demo: removing what the last run left in ./demo"; rm -rf demo; }
	@echo "== demo: the whole path on the shipped sample, kept in ./demo"
	@$(BIN)/govern demo --keep demo
	@echo "  (govern is in .venv: source .venv/bin/activate)"

test: setup lint tests ## All checks: ruff, mypy, import contracts, tests

lint: setup ## ruff, mypy and the rooms' import contracts
	@echo "== ruff"
	@$(BIN)/ruff check .
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== import contracts"
	@$(BIN)/lint-imports --no-cache

tests: setup ## The default test suite
	@echo "== pytest with $(WORKERS) workers"
	@$(PYTEST) -q -n $(WORKERS) --dist loadfile -m "not slow" --durations=15

offline: setup ## The default test suite in a network namespace that has only loopback
	@echo "== pytest without a network"
	@unshare -rn bash -c 'ip link set lo up 2>/dev/null || $(BIN)/python .ci/loopback.py; exec $(PYTEST) -q -n $(WORKERS) --dist loadfile -m "not slow"'

slow: setup ## Load, simulation and fault runs, whole (minutes)
	@echo "== slow tests"
	@$(PYTEST) -q -m slow --timeout 3600

faults: setup ## Kill, full disk, cut log and other fault runs at every place, whole
	@echo "== fault runs"
	@$(PYTEST) -q -m slow -k fault --timeout 3600

bench-%: setup
	@echo "== benchmark: $*"
	@$(BIN)/python tests/benchmarks/bench_$*.py

lock: setup ## Resolve requirements.lock anew (needs uv and a network)
	@echo "== resolving requirements.lock"
	@uv pip compile --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --group dev pyproject.toml -o requirements.lock

wheel: setup ## dist/*.whl
	@echo "== wheel"
	@$(BIN)/python -m hatchling build -t wheel

clean: ## Remove what was built; .venv and demo too
	@echo "== removing .venv, demo, dist and caches"
	@rm -rf .venv demo dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
