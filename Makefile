# Needs only git, make and Python 3.11 or newer. See docs/testing.md for the tiers of tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CLUSTER ?=
PYTEST_ARGS ?=
WORKERS := --numprocesses auto --dist worksteal
# Thousands of small repositories come and go: in memory, where a gigabyte of it is free and runs
# programs (in most containers it does not), or else where temporary files usually are.
MEMORY := /dev/shm
IN_MEMORY = $(if $(PYTEST_DEBUG_TEMPROOT),,$(shell probe=$$(mktemp $(MEMORY)/agentsmith.XXXXXX 2>/dev/null) || exit 0; \
    printf '\043!/bin/sh\n' >$$probe && chmod +x $$probe && $$probe 2>/dev/null \
        && test "$$(df -Pk $(MEMORY) | awk 'NR == 2 { print $$4 }')" -gt 1048576 2>/dev/null \
        && echo PYTEST_DEBUG_TEMPROOT=$(MEMORY); rm -f $$probe))
# They count failed requests, so nothing else runs beside them.
NODE_TESTS := test_chart_on_node.py
# Control planes at a time; a cluster of yours is one, and can't be shared.
PLANES := $(if $(AGENTSMITH_E2E_KUBECONFIG),0,3)

# Images of containers often forbid bytecode: every process would compile all of its modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help test slow e2e demo lint check tools lock clean

help:
	@echo "make test    the fast tier (the first run builds Helm and kubeseal)"
	@echo "make slow    what of it takes longest: every spelling, kills, passphrases, benchmarks"
	@echo "make demo    init, seal, commit, push, render and unseal, in a temporary clone"
	@echo "make demo CLUSTER=local    the same on a real control plane of its own"
	@echo "make e2e     the end-to-end tier (the first run builds the control plane)"
	@echo "make lint    style, types and the import contract"
	@echo "make check   lint, test, slow and e2e"
	@echo "make tools   build everything that the tests use"
	@echo "make lock    write requirements-dev.lock again"
	@echo "make clean   remove what these targets made in the checkout"

$(READY): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

test: $(READY)
	$(BIN)/python -m tests.tools.build helm3 helm4 kubeseal
	$(IN_MEMORY) $(BIN)/python -m pytest tests --ignore tests/e2e -m "not slow" $(WORKERS) $(PYTEST_ARGS)

slow: $(READY)
	$(BIN)/python -m tests.tools.build helm3 helm4 kubeseal
	$(IN_MEMORY) $(BIN)/python -m pytest tests --ignore tests/e2e -m slow $(WORKERS) $(PYTEST_ARGS)

e2e: $(READY)
	$(BIN)/python -m tests.tools.build --all
	$(BIN)/python -m pytest tests/e2e/$(NODE_TESTS) $(PYTEST_ARGS) $(if $(PYTEST_ARGS),|| [ $$? -eq 5 ])
	$(BIN)/python -m pytest tests/e2e --ignore tests/e2e/$(NODE_TESTS) \
	    --numprocesses $(PLANES) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

demo: $(READY)
	$(BIN)/python -m tests.demo --cluster $(or $(CLUSTER),none)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict --disable-error-code import-untyped tests/tools tests/plane tests/node
	$(BIN)/lint-imports

check: lint test slow e2e

tools: $(READY)
	$(BIN)/python -m tests.tools.build --all $(TOOLS)

# Pins stay as they are unless pyproject.toml asks for more; delete the file to renew them all.
# --allow-unsafe: pip-tools needs pip and setuptools, which --require-hashes wants pinned as well.
lock: $(READY)
	$(BIN)/pip-compile --quiet --extra dev --build-deps-for editable --generate-hashes --allow-unsafe --strip-extras \
	    --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	    --no-emit-options --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) .venv-newest build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
