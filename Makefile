# Each target sets up what it needs: `make demo` and `make test` work on a fresh machine with Python >= 3.11 and a
# package registry. After set-up neither needs a network or a key.

.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
SHARED ?= ../shared
# The first Python >= 3.11 on the PATH.
BASE_PYTHON = $(shell for p in python3 python3.13 python3.12 python3.11 python; do command -v $$p >/dev/null 2>&1 \
	&& $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
MEMBERS := -e 'core[cli,handlers,redis,replay,train]' -e 'integrations/langchain[agents,demo]' -e integrations/llama-index -e integrations/litellm
WORKERS ?= 2

.PHONY: help setup demo test lint types arrows tests format model encoder catalogue bench evaluate curve promise newcomers handoff-proof bench-peers newest \
	oldest clean

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## Make the environment (.venv) with the four members, editable

$(READY): pyproject.toml core/pyproject.toml $(wildcard integrations/*/pyproject.toml)
	@if command -v uv >/dev/null 2>&1; then \
		echo "setting up $(VENV) with uv (once)"; \
		uv venv --quiet --allow-existing --python '>=3.11' $(VENV) && \
		uv pip install --quiet --python $(PYTHON) $(MEMBERS) --group dev; \
	else \
		test -n "$(BASE_PYTHON)" || { echo "no Python >= 3.11 found on the PATH"; exit 1; }; \
		echo "setting up $(VENV) with pip and $(BASE_PYTHON) (once, a few minutes)"; \
		$(BASE_PYTHON) -m venv $(VENV) && \
		$(PYTHON) -m pip install --quiet --upgrade 'pip>=25.1' && \
		$(PYTHON) -m pip install --quiet $(MEMBERS) --group dev; \
	fi
	@touch $@

demo: $(READY) ## A shop agent, routed step by step, with its cost against always-top
	@$(VENV)/bin/tierwise demo

test: lint types arrows tests ## Lint, types, import arrows, tests: what CI runs

lint: $(READY)
	@echo "== lint"
	@$(VENV)/bin/ruff check --quiet . && $(VENV)/bin/ruff format --check --quiet . || { echo "run: make format"; exit 1; }

types: $(READY)
	@echo "== types"
	@$(VENV)/bin/mypy --no-error-summary -p tierwise -p langchain_tierwise -p litellm_tierwise -p llama_index.llms.tierwise

arrows: $(READY)
	@echo "== import arrows"
	@$(VENV)/bin/lint-imports

tests: $(READY)
	@echo "== tests"
	@$(VENV)/bin/pytest -q -m "not network" -n $(WORKERS) --dist loadfile

format: $(READY) ## Format and fix what can be fixed
	@$(VENV)/bin/ruff check --fix --quiet . ; $(VENV)/bin/ruff format --quiet .

ENCODERS ?= packaged $(SHARED)/models/all-MiniLM-L6-v2-onnx

model: $(READY) ## Train the classifier from ../shared/data (a quarter of an hour; ENCODERS=packaged: half a minute, no head for MiniLM)
	@$(PYTHON) -m tierwise.training.fit --data $(SHARED)/data --out core/tierwise/classifier/weights $(ENCODERS:%=--encoder %)

encoder: $(READY) ## Distil the packaged encoder from ../shared/models
	@$(PYTHON) -m tierwise.training.distil --teacher $(SHARED)/models/all-MiniLM-L6-v2-onnx --data $(SHARED)/data --out core/tierwise/encoder

catalogue: $(READY) ## Refresh the catalogue of models from the installed litellm's price table
	@$(PYTHON) -m tierwise.catalogue.refresh

evaluate: $(READY) ## Judge the classifier beside other routers on what was left out of its training (ARGS=--fast: a sample)
	@$(PYTHON) -m tierwise.training.judge --data $(SHARED)/data --encoder $(SHARED)/models/all-MiniLM-L6-v2-onnx \
		--card core/tierwise/classifier/weights/CARD.md $(ARGS)

curve: $(READY) ## How fast the learner learns on what was left out, and whether it ever harms (ARGS='--orders 5')
	@$(PYTHON) -m tierwise.training.curve --data $(SHARED)/data $(ARGS)

promise: $(READY) ## Whether guarantees are kept, over many draws (ARGS='--draws 1000 --all-pairs')
	@$(PYTHON) -m tierwise.training.promise --data $(SHARED)/data $(ARGS)

newcomers: $(READY) ## How well models left out are routed after 50 outcomes (ARGS='--pairs 4')
	@$(PYTHON) -m tierwise.training.newcomers --data $(SHARED)/data $(ARGS)

bench: $(READY) ## Measure decision time beside its peers
	@for name in decision growth signals embedding handlers learn langchain; do \
		echo "== $$name"; $(PYTHON) tests/benchmarks/bench_$$name.py || exit 1; done

bench-peers: $(READY) ## Measure ChatTierwise beside other routers for LangChain, fetched into .peers
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(PYTHON) --target .peers --no-deps --group peers; \
	else \
		$(PYTHON) -m pip install --quiet --upgrade --target .peers --no-deps --group peers; \
	fi
	@PYTHONPATH=.peers $(PYTHON) tests/benchmarks/bench_langchain.py $(ARGS)

newest: $(READY) ## LangChain's tests on the newest langchain, in .venv-newest (ARGS=tests/langchain/test_decisions.py)
	@$(PYTHON) tests/other_versions.py newest $(ARGS)

oldest: $(READY) ## LangChain's tests on the oldest versions that the bounds allow, in .venv-oldest
	@$(PYTHON) tests/other_versions.py oldest $(ARGS)

EXAMPLES ?= 2000

handoff-proof: $(READY) ## Hand EXAMPLES histories of each maker to each other one and back, on loopback (an hour)
	@$(PYTHON) tests/handoff/proof.py --examples $(EXAMPLES) --workers $(WORKERS)
	@$(PYTHON) tests/handoff/proof_litellm.py --examples $(EXAMPLES)

clean: ## Remove the environment and caches
	rm -rf $(VENV) $(VENV)-newest $(VENV)-oldest .peers .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
