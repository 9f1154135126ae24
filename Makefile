# Triggerpoint: each target makes the environment it needs; a machine with Python, make and git is enough.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock'

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP) ## make .venv from the lock file, with `triggerpoint` in it

$(STAMP): requirements.lock pyproject.toml
	@echo "setting up $(VENV) from requirements.lock (once, about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "triggerpoint needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=python3.12, say.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

lock: $(STAMP) ## make the lock files anew from pyproject.toml (hashes, no addresses)
	@$(BIN)/uv pip compile $(LOCK_OPTIONS) --extra local --extra dev pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile $(LOCK_OPTIONS) -c requirements.lock pyproject.toml -o requirements-runtime.lock
	@$(BIN)/uv pip compile $(LOCK_OPTIONS) --extra bench pyproject.toml -o requirements-bench.lock

BENCH_STAMP := .venv-bench/.installed

$(BENCH_STAMP): requirements-bench.lock
	@echo "setting up .venv-bench (quixstreams, to race against) from requirements-bench.lock, once"
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $(BENCH_STAMP)

bench: $(STAMP) $(BENCH_STAMP) ## beside Faust, quixstreams, Kafka Streams and the plain loop; QUICK=1 one small lap each, ONLY=classic or line, FIGURES=all plots costs
	@$(BIN)/python -m tests.bench $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) $(if $(FIGURES),--figures $(FIGURES))

run: $(STAMP) ## the real line on demo traffic, live; FOR=45 ends it after 45 s, SEED=1 picks the market, KEEP=1 leaves the stack up
	@$(BIN)/triggerpoint demo $(if $(FOR),--for $(FOR)) $(if $(SEED),--seed $(SEED)) $(if $(KEEP),--keep)

identity-eval: $(STAMP) ## how well companies are named, on simulated worlds with known truth; SEED=1 picks them, QUICK=1 takes smaller ones
	@$(BIN)/python -m deploy.evaluate $(if $(SEED),--seed $(SEED)) $(if $(QUICK),--quick)

journey-eval: $(STAMP) ## how rightly journeys are told, on simulated worlds with known truth; SEED=1 picks them, QUICK=1 takes smaller ones
	@$(BIN)/python -m deploy.evaluate.journeys $(if $(SEED),--seed $(SEED)) $(if $(QUICK),--quick)

faults: $(STAMP) ## faults on the real line, compared with an oracle; SEED=1, QUICK=1 some, ONLY=kill,away by name, BREAK=1 proves it can fail
	@$(BIN)/python -m deploy.faults $(if $(SEED),--seed $(SEED)) $(if $(QUICK),--quick) $(if $(ONLY),--only "$(ONLY)") $(if $(BREAK),--break)

fuzz: $(STAMP) ## hostile input against decoders, schemas and the line; FOR=600 seconds, QUICK=1 takes some seconds
	@$(BIN)/python -m deploy.fuzz $(if $(FOR),--for $(FOR)) $(if $(QUICK),--quick) $(if $(SEED),--seed $(SEED))

soak: $(STAMP) ## the line at 70 % of its measured rate; FOR=1800 seconds, RATE=500 instead of measuring
	@$(BIN)/python -m deploy.faults.soak $(if $(FOR),--for $(FOR)) $(if $(SEED),--seed $(SEED)) $(if $(RATE),--rate $(RATE))

recovery: $(STAMP) ## how long a worker reads the state of ACCOUNTS=100000 accounts of DAYS=20 days back, and what that costs
	@$(BIN)/python -m deploy.faults.recovery $(if $(ACCOUNTS),--accounts $(ACCOUNTS)) $(if $(DAYS),--days $(DAYS)) $(if $(SEED),--seed $(SEED))

check: $(STAMP) ## lint, types, layers, deployment files, known faults of dependencies; STRICT=1: nothing left out
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q -p no:cacheprovider tests/test_layers.py
	@$(BIN)/python -m deploy.check $(if $(STRICT),--strict)

test: $(STAMP) ## all tests, on the real broker and the real engine
	@$(BIN)/pytest -q $(TESTS)

test-unit: $(STAMP) ## only the tests that need neither broker nor engine
	@$(BIN)/pytest -q -m 'not integration' $(TESTS)

clean: ## delete caches and the environment; data stays (`triggerpoint local wipe` deletes it)
	@rm -rf $(VENV) .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

.PHONY: help setup lock bench run identity-eval journey-eval faults recovery fuzz check test test-unit clean
