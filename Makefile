# Two commands are all a newcomer needs: `make demo` and `make test`. Both set up what they need.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check packages bench chaos fmt clean

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --frozen
DEMO_ARGS ?=
BENCH ?= all
CHAOS_ARGS ?=
TEST_ARGS ?=

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.tools/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: meterproof needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "make: the venv module of $(PYTHON) is missing. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

setup: $(if $(findstring .tools,$(UV)),.tools/bin/uv)  ## make the environment with everything that developing needs
	$(UV) sync --frozen --quiet

demo: $(if $(findstring .tools,$(UV)),.tools/bin/uv)  ## play a real plant's year through the whole chain
	$(RUN) --no-default-groups meterproof demo $(DEMO_ARGS)

test: setup  ## run every test; says what it skipped and why
	$(RUN) pytest --cov --cov-report= $(TEST_ARGS)
	$(RUN) python tools/coverage_gates.py

check: setup  ## what CI runs first: format, lint, types, room rules, dead code, dependencies, spelling
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports --no-cache
	$(RUN) vulture
	$(RUN) python tools/check_dependencies.py
	$(RUN) codespell

packages: setup  ## build every room, install the gateway's alone
	$(RUN) python tools/check_packages.py $(UV)

bench: setup  ## print the budgets: BENCH=edge|spool|collector|store|ledger|api|import|statement|evidence|programme
	$(RUN) python tests/benchmarks/bench.py $(BENCH)

chaos: setup  ## kill every process of the road at will and count what is left: CHAOS_ARGS="--rounds 50 --store influx"
	$(RUN) python tests/chaos/chaos.py $(CHAOS_ARGS)

fmt: setup  ## format and fix what can be fixed
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

clean:  ## remove what setting up made
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .coverage htmlcov
