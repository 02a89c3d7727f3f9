# The only menu of developer commands. `make` alone lists them; .ci/run calls the same targets.
.DEFAULT_GOAL := help
.PHONY: help setup setup-tests run demo fix check test test-fast fuzz docs lock bench ci

PY := .venv/bin/python
UV := .venv/bin/uv
DEV := .venv/.dev-installed
SERVER := .venv/.server-installed
PYTEST := $(PY) -m pytest
JOBS ?= 2

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(DEV) ## virtual environment with everything for development

setup-tests: $(DEV) ## setup, and the programs that tests need (Chromium, PostgreSQL)
	@scripts/system-packages tests

run: $(SERVER) ## start the web app on your own data (./data)
	.venv/bin/glykos serve

demo: $(SERVER) ## start the web app with five demo people and 90 days of data each
	.venv/bin/glykos demo

fix: $(DEV) ## format, and mend what can be mended
	$(PY) -m ruff check --fix --quiet . || true
	$(PY) -m ruff format --quiet .
	$(PY) docs/generate.py

check: $(DEV) ## everything that needs no test run: format, lint, types, contracts, docs ...
	@scripts/check

test: setup-tests ## the whole suite: SQLite, PostgreSQL and Chromium
	$(PYTEST) tests -n $(JOBS) --dist loadgroup
	GLYKOS_TEST_ENGINE=postgresql $(PYTEST) tests/server tests/access -n $(JOBS) --dist loadgroup

test-fast: $(DEV) ## the part that takes under a minute
	$(PYTEST) tests -n $(JOBS) -q -m "not browser and not slow and not shared_data"

fuzz: $(DEV) ## feed every reader damaged files for a minute each (FORMAT=… FUZZ_SECONDS=…)
	@scripts/fuzz $(or $(FORMAT),all) $(or $(FUZZ_SECONDS),60)

docs: $(DEV) ## write docs/reference from the catalogues
	$(PY) docs/generate.py

lock: $(DEV) ## renew requirements/*.txt from pyproject.toml
	@scripts/lock

bench: $(DEV) ## measure every speed and size claim; writes benchmarks/RESULTS.md
	@scripts/system-packages bench
	@scripts/bench

ci: check test ## what .ci/run calls

$(DEV): requirements/dev.txt pyproject.toml | .venv
	$(UV) pip sync --quiet --require-hashes requirements/dev.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(DEV) $(SERVER)

$(SERVER): requirements/server.txt pyproject.toml | .venv
	$(UV) pip install --quiet --require-hashes --requirements requirements/server.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(SERVER)

.venv:
	@scripts/create-venv
