# Each target makes its own virtual environment and installs all it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check bench bench-qlib docs clean help
.DEFAULT_GOAL := help

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.train: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e '.[train]'
	@touch $@

$(VENV)/.dev: $(VENV)/.train
	$(PIP) -e '.[train,dev]'
	@touch $@

demo: $(VENV)/.train ## Run the whole loop offline, ending in runs/demo/index.html
	$(BIN)/foretune demo

test: $(VENV)/.dev ## Run the tests, fast ones first
	$(BIN)/python -m pytest -m "not slow"
	$(BIN)/python -m pytest -m "slow"

check: $(VENV)/.dev ## Lint, format, types, import rules, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python docs/generate.py --check

bench: $(VENV)/.dev ## Measure beside pandas and write docs/benchmarks.md
	$(BIN)/python benchmarks/features_and_targets.py
	$(BIN)/python benchmarks/instruction_rows.py
	$(BIN)/python benchmarks/flat_memory.py

bench-qlib: $(VENV)/.dev ## Measure beside Qlib, which gets a virtual environment of its own
	$(BIN)/python benchmarks/qlib_800x14.py

docs: $(VENV)/.dev ## Remake the generated reference pages
	$(BIN)/python docs/generate.py

clean: ## Remove the virtual environment and runs
	rm -rf $(VENV) runs
