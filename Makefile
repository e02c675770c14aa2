# `make demo` and `make test` do all of their own set-up on a machine with Python >= 3.10.
#
#   PYTHON=python3.12      the interpreter to build .venv with
#   TORCH_INDEX=URL        an extra package index for torch (its CPU or CUDA builds; see docs/install.md)
#   WORKERS=2             how many tests run at a time; each may take two cores and 2 GB
#   PORT=8000              where `make demo` serves

SHELL := /bin/bash
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet -c constraints.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
PORT ?= 0
WORKERS ?= 2

.PHONY: help demo test check ci-tools web web-tools web-check api format lint types benchmark benchmark-viewer picture wheel clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "fewpoints needs Python 3.10 or newer, and no python3 here is. Install one, or name it: make demo PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip

# The package itself, editable. Its build hook builds the web app with the system's Node or one from pip.
$(VENV)/.runtime: $(BIN)/python pyproject.toml constraints.txt hatch_build.py
	@echo "Installing fewpoints and what it needs into $(VENV) (the first time this takes a few minutes) ..."
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(PIP) --editable '.[dev]'
	@touch $@

web: $(VENV)/.runtime ## Build the web app if its sources changed
	@$(BIN)/python hatch_build.py

demo: $(VENV)/.runtime web ## A demo project with a generated room, served on the printed URL
	$(BIN)/fewpoints quickstart --port $(PORT)

test: $(VENV)/.dev web ## All tests, the browser tests too where a Chromium can be had
	$(BIN)/python -m tests.e2e.chromium --ensure
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --browser-reruns 1 -rfER --rerun-show-tracebacks

format: $(VENV)/.dev ## Format and sort the Python code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

check: lint types web-check test ## What CI runs: format, lint, types, web checks, all tests

# The web checks need the development packages too, and Node: the system's, or the one from pip.
web-tools: $(VENV)/.dev
	@$(BIN)/python scripts/webui.py install

web-check: web-tools ## Format, types, unit tests and API drift of the web app
	$(BIN)/python scripts/webui.py check

api: web-tools ## Regenerate the web app's API types from the server
	$(BIN)/python -m fewpoints.server.openapi > webui/openapi.json
	$(BIN)/python scripts/webui.py run api

benchmark: $(VENV)/.dev web ## Record timings (never part of the tests)
	$(BIN)/python -m pytest -m benchmark -s tests/benchmarks

benchmark-viewer: $(VENV)/.dev web ## Measure the viewer beside potree-core (fetches it; DATA=folder for its clouds)
	cd tests/benchmarks/viewer && npm ci && npm run build
	$(BIN)/python -m tests.benchmarks.viewer.compare --data $(or $(DATA),/tmp/viewer-benchmark)

picture: $(VENV)/.dev web ## Take the README's picture of the app
	$(BIN)/python scripts/picture.py

wheel: $(VENV)/.dev
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove everything that was built here
	rm -rf $(VENV) dist webui/node_modules server/fewpoints/server/static .mypy_cache .ruff_cache .pytest_cache
