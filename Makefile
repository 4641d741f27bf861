.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
BIN := .venv/bin
PORT ?= 8000
# Compiled modules are kept: every start of a process is faster by seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check format lock clean

help:  ## Show this help
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready admin/static/vendor/.ready  ## Build .venv from the lock and fetch browser assets and fonts

demo: setup  ## Serve a sample world on http://localhost:8000 (PORT=… for another port)
	@$(BIN)/genba demo --port $(PORT)

test: setup .venv/.services  ## Install what is missing, then run every test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: setup  ## Lint, format, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## Put the code in our format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup  ## Renew the locks after a change of dependencies
	tools/lock.sh

clean:  ## Remove what setup made (the data in var/ stays)
	rm -rf .venv admin/node_modules admin/static/vendor reader_bridge/tablet/static/vendor core/documents/fonts *.egg-info

.venv/.ready: pyproject.toml requirements/dev.lock requirements/uv.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: install it or set PYTHON=/path/to/python"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes -r requirements/dev.lock
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

admin/static/vendor/.ready: admin/package-lock.json tools/vendor.sh
	tools/vendor.sh
	@touch $@

.venv/.services: tools/services.sh
	tools/services.sh
	@touch $@
