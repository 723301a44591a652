# What a person or a machine does with Pileus; `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
LAB := -i inventory/lab.yml
EXAMPLES ?= 30
SEED := $(or $(SEED),$(shell date +%s))
SERVICES ?= identity identity_api image network volume compute object_storage
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONUNBUFFERED := 1

help:  ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

cloud: $(VENV)/.client  ## a whole cloud on this machine: lab, rollout, Pileus, a first server
	@lab/say "The lab's hosts"
	@ansible-playbook $(LAB) playbooks/lab.yml
	@lab/say "The datacenter: Ceph, networks, hypervisors, Pileus"
	@ansible-playbook $(LAB) playbooks/site.yml
	@lab/say "A first server"
	@$(BIN)/python lab/first_server.py

check: $(VENV)/.dev  ## all static checks, contract tests and unit tests (under two minutes)
	ruff check api roles tests bench lab
	ruff format --check api tests bench lab
	mypy
	lint-imports
	yamllint --strict .
	ansible-lint --offline
	pytest -n 2 tests/contract tests/unit

test: $(VENV)/.conform  ## everything: checks, API stories, the cloud on the lab, molecule
	lab/test

fuzz: $(VENV)/.dev  ## the identity API called with anything, for long (EXAMPLES=30, SEED=a number to repeat a run)
	@echo "SEED=$(SEED)"
	FUZZ_EXAMPLES=$(EXAMPLES) FUZZ_SEED=$(SEED) pytest -n 2 tests/api/identity/test_fuzz.py

conform: $(VENV)/.conform  ## the interop lists and all of identity with an unmodified Tempest (SERVICES="identity network")
	$(BIN)/python tests/conformance/conform.py $(SERVICES)

bench: $(VENV)/.dev  ## speed and memory, into bench/results.json
	$(BIN)/python bench/run.py

stop:  ## stop Pileus and the lab's hosts, keep their data
	@ansible-playbook $(LAB) playbooks/lab_stop.yml

clean:  ## remove the lab, Pileus' state and all that was built for them
	@if [ -x $(BIN)/ansible-playbook ]; then ansible-playbook $(LAB) playbooks/lab_absent.yml; fi
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .ansible .cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.client: pyproject.toml lab/install
	@lab/install client

$(VENV)/.dev: pyproject.toml lab/install
	@lab/install client,dev

$(VENV)/.conform: pyproject.toml lab/install
	@lab/install client,dev,conform

.PHONY: help cloud check test fuzz conform bench stop clean
