# Needs Python 3.11 or newer, make and git; everything else is installed into .venv.

PYTHON ?= python3
RAW ?= data_lake/raw
PORT ?= 3000
EXTRAS ?= dev
MODEL ?=

comma := ,
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input -c constraints.txt
CORE := $(VENV)/.core-installed
DEV := $(VENV)/.$(subst $(comma),-,$(EXTRAS))-installed
TRAIN := $(VENV)/.train-installed

demo report ui train-demo: export DAGSTER_HOME := $(CURDIR)/.dagster_home

.DEFAULT_GOAL := help
.PHONY: help demo report train-demo test check ui bench bench-engine bench-train chaos figures pins clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(CORE) ## build 200 triples from the sample inputs (no key is needed)
	$(BIN)/hr-pipeline build rjdb --profile demo --raw data_lake/raw/sample

report: $(CORE) ## measure the demo's triples and write report.html
	$(BIN)/hr-pipeline build quality --keep --raw data_lake/raw/sample
	$(BIN)/hr-pipeline report

train-demo: $(TRAIN) ## train tiny models by every trainer on the demo's data (a CPU, minutes)
	$(BIN)/hr-pipeline build rjdb jaqa tm_eval --profile demo --raw data_lake/raw/sample
	$(BIN)/hr-pipeline train demo

test: $(DEV) ## run the tests (EXTRAS=dev,models installs torch, and runs those of real models)
	$(BIN)/python -m pytest

check: $(DEV) ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

ui: $(CORE) ## open the Dagster UI with the history of all builds (PORT=3000)
	@$(BIN)/hr-pipeline home > /dev/null
	@echo "http://127.0.0.1:$(PORT) answers in a minute or less; stop with Ctrl-C"
	@exec $(BIN)/dagster dev -w workspace.yaml -h 127.0.0.1 -p $(PORT)

bench: $(DEV) ## measure speed and memory (RAW=DIR names a folder of real input files)
	$(BIN)/python -m hr_pipeline_tests.benchmarks --raw $(RAW)

bench-engine: $(DEV) ## make docs/engine_benchmark.md again (PEERS='--peer NAME=PYTHON:SCRIPT ...')
	$(BIN)/python -m hr_pipeline_tests.benchmarks.engine --write $(PEERS)

bench-train: $(DEV) $(TRAIN) ## make docs/training_benchmark.md again: distillation, LoRA (a GPU if any)
	$(BIN)/python -m hr_pipeline_tests.benchmarks.training --write

chaos: $(DEV) ## kill a job of 20,000 calls 100 times, and a build twice: the tables of docs/kills.md
	$(BIN)/python -m hr_pipeline_tests.benchmarks.kills --kills 100
	$(BIN)/python -m hr_pipeline_tests.benchmarks.killed_build

figures: $(DEV) ## make docs/figures.md and docs/figures_jaqa.md again (RAW=DIR as above, MODEL=M)
	$(BIN)/python -m hr_pipeline_tests.benchmarks.figures --raw $(RAW)
	$(BIN)/python -m hr_pipeline_tests.benchmarks.figures_jaqa --raw $(RAW) --model '$(MODEL)'

pins: ## renew constraints.txt: the newest versions that pyproject.toml allows
	rm -rf $(VENV)-pins
	$(PYTHON) -m venv $(VENV)-pins
	$(VENV)-pins/bin/python -m pip install -qq --disable-pip-version-check -e ".[dev,models]"
	grep '^#' constraints.txt > constraints.new
	$(VENV)-pins/bin/python -m pip freeze --exclude-editable >> constraints.new
	mv constraints.new constraints.txt
	rm -rf $(VENV)-pins

clean: ## remove .venv and caches (the lake, raw files and the history stay)
	rm -rf $(VENV) $(VENV)-pins build dist *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .tmp_dagster_home_*
	find hr_pipeline hr_pipeline_tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not;" \
	    "name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(CORE): pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing the pinned packages (a minute or two, once)"
	@$(PIP) -e .
	@touch $@

$(DEV): $(CORE)
	@echo "installing the pinned tools for tests and checks (once)"
	@$(PIP) -e ".[$(EXTRAS)]"
	@touch $@

$(TRAIN): $(CORE)
	@echo "installing the pinned packages for training (once; torch is large)"
	@$(PIP) -e ".[train]"
	@touch $@
