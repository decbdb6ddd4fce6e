.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

help: ## Say what can be done
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## Make the virtual environment from the locked packages

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv || { rm -rf .venv; [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv .venv; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: setup ## Load the demo fleet of some 2,500 assets, bill, value, and serve
	$(BIN)/pas demo

demo-small: setup ## The same with a small fleet, in seconds
	$(BIN)/pas demo --small

browser: # the tests drive Debian's Chromium; it is installed where it is missing and we may
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || echo "chromium is not here and cannot be installed: browser tests will be skipped"

broker: # the tests drive real MQTT brokers, and clients that are not ours in an environment of their own
	@command -v mosquitto >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends mosquitto mosquitto-clients >/dev/null; } || echo "mosquitto is not here and cannot be installed: its tests will be skipped"
	@cmp -s tests/mqtt/clients.lock .venv-clients/clients.lock || { $(PYTHON) -m venv --clear .venv-clients && .venv-clients/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement tests/mqtt/clients.lock && cp tests/mqtt/clients.lock .venv-clients/; }

test: setup browser broker ## Run every test, on SQLite and on PostgreSQL, in a real browser
	$(BIN)/pytest -n 2 --dist worksteal

prove: setup browser broker ## The long proofs: kills (two hundred where readings pour in), a million malformed payloads, many more API cases
	PAS_TEST_PROGRESS=var/prove.log PAS_TEST_KILLS=20 PAS_TEST_STRIPE_SEEDS=50 PAS_TEST_READING_KILLS=200 PAS_TEST_BILL_KILLS=200 PAS_TEST_MALFORMED=1000000 PAS_TEST_TURNS=12 PAS_TEST_DOCUMENTS=10000 PAS_OPENAPI_EXAMPLES=100 $(BIN)/pytest -n 2 --dist worksteal -rA tests/faults tests/test_openapi.py tests/billing/test_random_documents.py tests/billing/test_collect_invoices.py

bench: setup ## Measure: readings taken in and kept, beside their baselines on the same stream
	$(BIN)/pas bench ingest
	$(BIN)/pas bench storage --readings 10000000

check: setup ## Lint, types, floors, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

fix: setup ## Format, and mend what can be mended by machine
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## Choose the newest versions anew and write requirements.lock
	$(BIN)/uv pip compile --upgrade --quiet --generate-hashes --no-header --python-version 3.11 --group dev pyproject.toml --output-file requirements.lock

.PHONY: help setup demo demo-small browser broker test prove check fix lock
