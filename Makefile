# make demo      the worked example from end to end, in a virtual environment of its own
# make test      installs what the tests need and runs all but the slow tier (SCRATCH= keeps what they write on the disk)
# make test-all  the slow tier too
# make fuzz      random input against the loader, twice ten minutes
# make lint      ruff and mypy
# make clean     removes what can be made again; output/ holds records and is never touched

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 3

PYTEST = PYTHON="$(BIN)/python" sh scripts/run_tests.sh -q -n $(WORKERS) --dist loadscope --no-loadscope-reorder

.PHONY: demo test test-all fuzz lint tools airflow bytecode collected looked-at clean

demo: $(VENV)/.demo bytecode
	$(BIN)/python examples/qc-release/demo.py

# Commands that tests start are forked from a process that has loaded csvgen (tests/forking.py); test-all starts each anew.
test: looked-at tools
	TESTS_FORK=yes $(PYTEST) -m "not slow"

test-all: looked-at tools airflow
	$(PYTEST)

# mypy needs one core. Meanwhile another one compiles, and rewrites the assertions of all tests once, not once for each worker.
looked-at: $(VENV)/.test
	@$(MAKE) --no-print-directory -j 2 lint collected

collected: bytecode
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q --collect-only > $(VENV)/collected.txt || tail -n 40 $(VENV)/collected.txt

# What thousands of processes of the tests, and a hundred of the demonstration, would each compile again where nothing keeps it.
bytecode: $(VENV)/.demo
	@$(BIN)/python -m compileall -q csvgen csvgen-faults

# Ten minutes of random bytes and ten of damaged structures against the loader; written down in tests/fuzz/LOG.md.
fuzz: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "atheris>=3"
	$(BIN)/python -m tests.fuzz.run

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The independent judges of our documents (LibreOffice, pdfsig, qpdf, openssl). Only root can install them; elsewhere the tests say what is missing.
tools: $(VENV)/.test
	@sh scripts/install_tools.sh
	@PYTHON=$(PYTHON) sh scripts/install_linters.sh

# An orchestrator to run the example DAG in; only the slow tier needs it.
airflow:
	@PYTHON=$(PYTHON) sh scripts/install_airflow.sh

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[demo]"
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	@touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './output/*' -prune -exec rm -rf {} +
