# Two cores are the reference machine; every target sets up what it needs on first use.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install predict test lint types
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.ready  ## make .venv with everything pinned
$(VENV)/.ready: requirements.txt requirements-gpu.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

test: install  ## the fast tests (under 6 minutes on two cores)
	$(BIN)/python -m pytest -m "not slow and not docker"

lint: install  ## ruff
	$(BIN)/ruff check .

types: install  ## mypy on app and evaluation
	$(BIN)/mypy
