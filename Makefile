# Two cores are the reference machine; every target sets up what it needs on first use.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install predict test test-slow lint types
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.ready  ## make .venv with everything pinned
$(VENV)/.ready: requirements.txt requirements-gpu.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

OUT ?= out/labels
predict: install  ## label the images in IN=DIR into OUT=DIR; with no IN, demo images with overlays
ifdef IN
	$(BIN)/python -m app predict -i $(IN) -o $(OUT) $(FLAGS)
else
	$(BIN)/python examples/demo_images.py out/demo/images
	$(BIN)/python -m app predict -i out/demo/images -o out/demo/labels --save overlay $(FLAGS)
	@echo "labels and overlays are in out/demo/labels"
endif

test: install  ## the fast tests (under 6 minutes on two cores)
	$(BIN)/python -m pytest -m "not slow and not docker"

test-slow: install  ## the slow tests
	$(BIN)/python -m pytest -m slow

lint: install  ## ruff
	$(BIN)/ruff check .

types: install  ## mypy on app and evaluation
	$(BIN)/mypy
