# Two cores are the reference machine; every target sets up what it needs on first use.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install predict serve tune test test-slow test-page test-kill docs lint types
.PHONY: image image-test image-test-gpu image-test-train image-contents save lock
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.ready  ## make .venv with everything pinned
$(VENV)/.ready: requirements.txt requirements-gpu.txt requirements-serve.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	PYTHONPATH=. $(BIN)/python image/warm.py  # kernels are compiled now, not on the first image's clock
	touch $@

predict: OUT ?= $(if $(IN),out/labels,out/demo/labels)
predict: install  ## label the images in IN=DIR into OUT=DIR; with no IN, demo images with overlays
ifdef IN
	$(BIN)/python -m app predict -i $(IN) -o $(OUT) $(FLAGS)
else
	$(BIN)/python examples/demo_images.py out/demo/images
	$(BIN)/python -m app predict -i out/demo/images -o $(OUT) --save overlay $(FLAGS)
	@echo "labels and overlays are in $(OUT)"
endif

serve: OUT ?= out/page
serve: install  ## a page to look, correct and learn: [IN=DIR] [OUT=DIR]
	$(BIN)/python -m app serve -o $(OUT) $(if $(IN),-i $(IN)) $(FLAGS)

MINUTES ?= 5
tune: install  ## adapt the pair to labelled images: IN=DIR LABELS=DIR OUT=FILE.safetensors [MINUTES=5]
	$(BIN)/python -m training tune -i $(IN) -l $(LABELS) -o $(OUT) --minutes $(MINUTES) $(FLAGS)

test: install  ## the fast tests (under 6 minutes on two cores)
	$(BIN)/python -m pytest -m "not slow and not docker and not browser"

test-slow: install  ## the slow tests
	$(BIN)/python -m pytest -m slow

test-page: install  ## the page in a real browser (needs Chromium)
	$(BIN)/python -m pytest -m browser tests/serve

docs: install  ## the pictures and the table of faults
	$(BIN)/python -m docs.make_pictures
	$(BIN)/python -m docs.make_robustness

test-kill: install  ## 100 rounds of kill -9 on a folder of 20 images (about 20 minutes)
	$(BIN)/python -m benchmarks.robustness kill --rounds 100

lint: install  ## ruff
	$(BIN)/ruff check .

types: install  ## mypy
	$(BIN)/mypy

# the image: TARGET=gpu (with CUDA), cpu (slim) or train (with what `tune` needs); BUILD_FLAGS go to docker build
TARGET ?= gpu
IMAGE ?= mediar-box:$(if $(filter gpu,$(TARGET)),latest,$(TARGET))
ARCHIVE ?= build/$(subst :,-,$(IMAGE)).tar.gz

image:  ## build the Docker image, TARGET=gpu (default), cpu or train
	DOCKER_BUILDKIT=1 docker build $(BUILD_FLAGS) --target $(TARGET) --tag $(IMAGE) \
		--build-arg VERSION=$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' app/__init__.py) \
		--build-arg REVISION=$$(git rev-parse HEAD 2>/dev/null || echo unstated) \
		--build-arg SOURCE=$$(git config remote.origin.url | grep '^https://' || echo unstated) .
	@docker image inspect --format '$(IMAGE): {{.Size}} bytes' $(IMAGE)

image-test: install  ## build the slim image and run it as the organisers and as the cautious do
	$(BIN)/hadolint Dockerfile
	$(MAKE) image TARGET=cpu
	$(BIN)/python -m pytest -m "docker and not trainer" tests/image

image-test-gpu: install  ## the same for the image with CUDA, in the forms of running it; a GPU is not needed
	$(MAKE) image TARGET=gpu
	IMAGE=mediar-box:latest $(BIN)/python -m pytest -m docker tests/image/test_forms.py

image-test-train: install  ## the same for the image that tunes
	$(MAKE) image TARGET=train
	$(BIN)/python -m pytest -m trainer tests/image

image-contents:  ## a table of what is in the image, TARGET=gpu or cpu
	@docker run --rm --interactive --network none $(IMAGE) python - < image/contents.py

save:  ## the image as the challenge wants it handed in: one .tar.gz
	@mkdir -p $(dir $(ARCHIVE))
	docker save $(IMAGE) | gzip > $(ARCHIVE)
	@du --apparent-size -h $(ARCHIVE)

lock: install  ## pin and hash everything that the images install
	for name in requirements requirements-gpu requirements-train; do \
		$(BIN)/uv pip compile --quiet --system-certs --generate-hashes --no-header --no-annotate --no-emit-index-url \
			--python-version 3.11 --python-platform x86_64-manylinux_2_28 $$name.txt requirements-serve.txt -o $$name.lock || exit 1; \
	done
