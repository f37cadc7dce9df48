# Everything happens inside this folder, and nothing needs root.
# Variables, on the command line or in the environment:
#   IMAGES       folder of images for the gallery; without it, the sample images are fetched
#   TRAIN_DATA   folders to train on, each with one folder per class
#   FLAGS        further flags for the command, such as FLAGS="--device cpu --layers layer1"
#   PYTHON       the Python, 3.11 or newer, that .venv is made from
#   TORCH_INDEX  one more index for pip; https://download.pytorch.org/whl/cpu spares a machine
#                without a GPU some gigabytes

IMAGES ?=
TRAIN_DATA ?=
FLAGS ?=
PYTHON ?= python3
TORCH_INDEX ?=

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/installed-runtime
DEVELOPMENT := $(VENV)/installed-development
BROWSER_TESTS := tests/browser
AXE := $(BROWSER_TESTS)/node_modules/installed
AUDIT := tests/audit/node_modules/installed
PIP_INSTALL = $(BIN)/python -m pip install --constraint constraints.txt \
	$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

# What libraries and npm would keep in the home folder stays here. pip keeps nothing at all.
export XDG_CACHE_HOME := $(CURDIR)/.cache
export CUDA_CACHE_PATH := $(CURDIR)/.cache/cuda
export PIP_NO_CACHE_DIR := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_cache := $(CURDIR)/.cache/npm
export npm_config_audit := false
export npm_config_fund := false
export npm_config_update_notifier := false
export IMAGES

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup gallery site serve test check audit train clean

help:  ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@sed -n '/^# Variables/,/^$$/s/^# \{0,1\}//p' Makefile

setup: $(DEVELOPMENT) $(AXE)  ## Make .venv with everything to run, test and check

gallery: $(RUNTIME)  ## Fetch images if need be, compute the atlas, render the site
	@images="$$IMAGES"; \
	if [ -z "$$images" ]; then images=$$($(BIN)/filter-gallery fetch sample) || exit; fi; \
	$(BIN)/filter-gallery build --images "$$images" $(FLAGS)

site: $(RUNTIME)  ## Render the site again from the atlas, after a change of text or template
	$(BIN)/filter-gallery render $(FLAGS)

serve: $(RUNTIME)  ## Preview the site on 127.0.0.1
	$(BIN)/filter-gallery serve $(FLAGS)

# A test process for each core, and one thread in each: more would wait for each other.
test: $(DEVELOPMENT) $(AXE)  ## Run the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

check: $(DEVELOPMENT)  ## Check format, lint and types
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

audit: $(DEVELOPMENT) $(AUDIT)  ## Hold the built site to its limits: HTML, Lighthouse, first views
	$(BIN)/python -m tests.audit $(FLAGS)

train: $(RUNTIME)  ## Train the embedded network again, from the folders in TRAIN_DATA
	@[ -n "$(TRAIN_DATA)" ] || { echo 'name the folders: make train TRAIN_DATA="DIR DIR"' >&2; exit 2; }
	$(BIN)/filter-gallery train $(foreach folder,$(TRAIN_DATA),--data $(folder)) $(FLAGS)

# What took hours or came from elsewhere stays: build/train, data/, .venv and node_modules.
clean:  ## Remove site, atlas and caches; keeps data, build/train and .venv
	rm -rf site .site.filter-gallery-* build/atlas build/atlas.work build/.atlas.filter-gallery-*
	rm -rf dist .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find generator tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment that works is kept, whichever Python it was made from.
$(RUNTIME): pyproject.toml constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo 'Python 3.11 or newer is needed; name one: make $(MAKECMDGOALS) PYTHON=python3.11' >&2; exit 1; }; \
	echo 'making $(VENV)'; $(PYTHON) -m venv --clear $(VENV); }
	$(PIP_INSTALL) pip
	$(PIP_INSTALL) --build-constraint constraints.txt --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME)
	$(PIP_INSTALL) --group dev
	@touch $@

# The accessibility rules that the browser tests run. Without npm those tests skip.
$(AXE): $(BROWSER_TESTS)/package.json $(BROWSER_TESTS)/package-lock.json
	@if command -v npm >/dev/null; then \
	npm ci --prefix $(BROWSER_TESTS) --ignore-scripts && touch $@; \
	else echo 'npm was not found: the tests that need axe-core will be skipped'; fi

$(AUDIT): tests/audit/package.json tests/audit/package-lock.json
	@command -v npm >/dev/null || \
	{ echo 'the audit needs Node.js and npm (on Debian the packages nodejs npm)' >&2; exit 1; }
	npm ci --prefix tests/audit --ignore-scripts
	@touch $@
