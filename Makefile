# Sattle: `make` alone lists what can be done.
#
# Everything runs in .venv, which is made on first use and brought up to date when requirements*.txt change.
# Missing Debian packages are installed when you are root; otherwise you are told the command.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Debian's own Python if there is one: the packages python3-venv and python3-dev belong to it.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3.11 /usr/bin/python3) python3)
BIN := .venv/bin
RUN_READY := .venv/.ready-to-run
TEST_READY := .venv/.ready-to-test

# hdwallet brings a dependency that exists as C source only.
RUN_PACKAGES := python3-venv python3-dev gcc libc6-dev
TEST_PACKAGES := chromium postgresql
SOURCES := app bench regtest tests woo_bridge wsgi.py

# Programs that are started again and again should not compile themselves each time.
unexport PYTHONDONTWRITEBYTECODE

# Further arguments for pytest, as in: make e2e ARGS='-k late -x'
ARGS ?=

# Tests run in three processes: they wait for nodes and servers as much as they compute. The slow ones come first.
SPREAD := -n 3 --dist loadfile --no-loadscope-reorder

# How many random programs `make soak` runs.
N ?= 200

.PHONY: help up down test test-all check fmt e2e soak bench messages lock clean

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

up: $(RUN_READY) ## Start node, server, worker, miner and shop; stay until Ctrl-C
	@$(BIN)/python -m regtest up

down: $(RUN_READY) ## Stop what `make up` started
	@$(BIN)/python -m regtest down

test: check ## Check the code and run the tests that are not marked slow
	$(BIN)/python -m pytest $(SPREAD) -m "not slow" $(ARGS)

test-all: check ## Check the code and run every test; takes up to an hour
	$(BIN)/python -m pytest $(SPREAD) $(ARGS)

check: $(TEST_READY) ## Lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: $(TEST_READY) ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

e2e: $(TEST_READY) ## Run the end-to-end tests alone
	$(BIN)/python -m pytest tests/e2e $(ARGS)

soak: $(TEST_READY) ## Run N random programs against the node's own wallet as oracle (N=200); a failing one is kept
	$(BIN)/python -m tests.e2e.oracle $(N)

bench: $(TEST_READY) ## Measure everything that docs/performance.md shows; the machine should do nothing else
	$(BIN)/python -m bench.latency
	$(BIN)/python -m bench.create_invoice
	$(BIN)/python -m bench.create_invoice --wait
	$(BIN)/python -m bench.list_invoices
	$(BIN)/python -m bench.reconcile
	$(BIN)/python -m bench.explorer
	$(BIN)/python -m bench.streams

# What Babel writes into the head of a catalogue and nobody reads; it would change whenever somebody runs this.
HEAD_NOISE := ^"(Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By):

messages: $(TEST_READY) ## Bring the catalogues of the buyer's pages up to date with what the pages say
	@pot=$$(mktemp); trap 'rm -f "$$pot"' EXIT; \
	$(BIN)/pybabel --quiet extract --mapping-file app/translations/messages.cfg --add-location file --omit-header \
	  --output "$$pot" app; \
	for catalogue in app/translations/*.po; do \
	  $(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 118 \
	    --input-file "$$pot" --output-file "$$catalogue" --locale "$$(basename "$$catalogue" .po)"; \
	  sed -i -E '/$(HEAD_NOISE)/d; $${/^$$/d}' "$$catalogue"; \
	done

lock: $(TEST_READY) ## Pin requirements*.in anew, with hashes, keeping the versions that still fit
	$(BIN)/pip-compile --quiet --no-header --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	  --no-emit-find-links --output-file requirements.txt requirements.in
	$(BIN)/pip-compile --quiet --no-header --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	  --no-emit-find-links --output-file requirements-dev.txt requirements-dev.in

clean: ## Stop the demo; forget its state, .venv and all caches (a built bitcoind stays in the user's cache)
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m regtest down; fi
	rm -rf .sattle .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find $(wildcard $(SOURCES)) -name __pycache__ -prune -exec rm -rf {} +

# How .venv comes about. A stamp that is newer than its requirements means that nothing is to be done.
# Each step is told with its seconds, in the form that `python -m regtest up` goes on with.

told = printf '%8.1f s  %s\n' "$$(( SECONDS - began ))" $(1) >&2; began=$$SECONDS

# What the build tools of others think of their own settings is no news to whoever installs.
pip = PYTHONWARNINGS=ignore $(BIN)/pip install -qq --disable-pip-version-check

$(RUN_READY): requirements.txt
	@began=$$SECONDS; \
	$(PYTHON) -m regtest.packages $(RUN_PACKAGES); $(call told,"Debian packages"); \
	if ! $(BIN)/pip --version > /dev/null 2>&1; then $(PYTHON) -m venv --clear .venv; $(call told,"virtual environment .venv"); fi; \
	$(pip) --require-hashes -r requirements.txt; \
	$(call told,"Python packages"); \
	touch $@

$(TEST_READY): $(RUN_READY) requirements-dev.txt
	@began=$$SECONDS; \
	$(PYTHON) -m regtest.packages $(TEST_PACKAGES); $(call told,"Debian packages for tests"); \
	$(pip) --require-hashes -r requirements-dev.txt; \
	$(call told,"Python packages for tests"); \
	touch $@
