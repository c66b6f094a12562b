# Needs Python 3.11 or later and make; everything else goes into .venv.
PYTHON ?= python3
SCENARIO ?= cuba
ARGS ?=
# Tests run in two processes, each file as a whole in one of them.
SIDE ?= -n 2 --dist loadfile

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet

.PHONY: run test test-all lint docs bench clean help
.DELETE_ON_ERROR:

run: $(VENV)/.base  ## simulate the reference case (SCENARIO=…, ARGS="--members 50")
	$(BIN)/patronage run $(SCENARIO) $(ARGS)

test: $(VENV)/.dev  ## run the tests but the slow ones (ARGS="-k votes")
	$(BIN)/python -m pytest $(SIDE) -m "not slow" $(ARGS)

test-all: $(VENV)/.dev  ## run all tests, the slow ones too (ten minutes more)
	$(BIN)/python -m pytest $(SIDE) $(ARGS)

lint: $(VENV)/.dev  ## style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

docs: $(VENV)/.docs  ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

bench: $(VENV)/.dev  ## time the engine, in Mesa, in C, by size (ARGS="--only cuba_month")
	$(BIN)/python benchmarks/bench.py $(ARGS)

clean:  ## remove what was built, .venv included; results in runs/ stay
	rm -rf $(VENV) site build dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "patronage needs Python 3.11 or later; try: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "no venv module (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }

# One pip call for each set; a stamp saves the call until pyproject.toml changes.
$(VENV)/.base: pyproject.toml | $(BIN)/python
	@echo "installing patronage into $(VENV) (1.1 GB; a minute or two, once)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "installing patronage, all extras and the test tools into $(VENV) (once)"
	@$(PIP) --editable '.[all,dev]'
	@touch $(VENV)/.base $@

$(VENV)/.docs: pyproject.toml | $(BIN)/python
	@$(PIP) --editable '.[docs]'
	@touch $(VENV)/.base $@
