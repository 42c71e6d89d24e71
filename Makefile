# The two commands: `make demo` and `make test`. Both set up their own .venv first.

PYTHON ?= python3
VENV := .venv
# Processes that run tests; each takes up to 1.5 GB.
TESTERS ?= 2
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: demo test nightly lint bench weights docs clean

demo: $(VENV)/.runtime  ## Read a real face live, publish it, write demo.csv.
	$(BIN)/livefacs demo --csv demo.csv

test: $(VENV)/.dev lint  ## Style, types, every test but the slow ones, coverage.
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist loadfile --cov --cov-report=term:skip-covered

nightly: $(VENV)/.dev  ## The slow tests, and ten minutes of cameras that fail.
	$(BIN)/python -m pytest -m slow
	$(BIN)/python benchmarks/soak.py --minutes 10

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev  ## Throughput and latency on this machine, as in the README.
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/latency.py

weights: $(VENV)/.dev  ## Make the default model again from nothing: renders, trains, tests; some three hours on 2 cores.
	$(BIN)/python -m trainers.embedded weights

docs: $(VENV)/.docs  ## The documentation as pages, in build/site.
	$(BIN)/zensical build --strict --clean

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "LiveFACS needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "setting up $(VENV), about a minute and 0.7 GB"
	$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "setting up $(VENV) with the trainers and the test tools, some minutes and 3 GB"
	$(PIP) -e '.[train,dev]'
	@touch $@ $(VENV)/.runtime

$(VENV)/.docs: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e '.[docs]'
	@touch $@
