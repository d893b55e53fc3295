# mediar-box as an image: `--target cpu` is slim, the default (the last stage) has CUDA.
# What is in them, how large it is and why: docs/image.md. Nothing is downloaded when it runs.

FROM python:3.11-slim-bookworm AS base
# The kernels are compiled for any x86-64, not for the machine that builds: so every machine finds them
# compiled, in a folder that it need not write. docs/image.md has what that costs.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CPU_NAME=generic \
    NUMBA_CACHE_DIR=/opt/kernels
WORKDIR /workspace

FROM base AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini=0.19.0-* \
 && rm -rf /var/lib/apt/lists/* \
 && python -m venv --without-pip /opt/venv

FROM build AS build-cpu
COPY requirements.lock ./
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --only-binary :all: --no-compile \
    -r requirements.lock
RUN apt-get update \
 && apt-get install -y --no-install-recommends binutils=2.40-* \
 && rm -rf /var/lib/apt/lists/*
COPY image/strip.sh image/
RUN sh image/strip.sh /opt/venv/lib/python3.11/site-packages \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib
COPY app app
RUN python -m compileall -q --invalidation-mode unchecked-hash app
# kernels are found again by the place and the content of their source, so they are compiled where it will lie
COPY image/warm.py image/
RUN PYTHONPATH=/workspace python image/warm.py

FROM build AS build-gpu
COPY requirements-gpu.lock ./
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --no-compile -r requirements-gpu.lock
RUN apt-get update \
 && apt-get install -y --no-install-recommends binutils=2.40-* \
 && rm -rf /var/lib/apt/lists/*
COPY image/strip.sh image/
# torch carries a test in the syntax of Python 3.12, which 3.11 can't compile
RUN sh image/strip.sh /opt/venv/lib/python3.11/site-packages \
 && python -m compileall -q -j 0 -x '/py312_' --invalidation-mode unchecked-hash /opt/venv/lib

FROM base AS runtime
# A bare pip would be of no use: the root may be read-only, and there may be no network.
RUN rm -rf /usr/local/lib/python3.11/site-packages/* /usr/local/bin/pip* \
 && mkdir inputs outputs /opt/weights
COPY --from=build /usr/bin/tini /usr/bin/tini
COPY --chmod=755 image/entrypoint.sh /usr/bin/mediar-box
COPY predict.sh LICENSE ./
COPY weights weights
# What it compiles for is the same in both images, so they share code and kernels.
COPY --from=build-cpu /workspace/app app
COPY --from=build-cpu /opt/kernels /opt/kernels
# The user stays root: the organisers mount an outputs folder that root owns, and a container that can't
# write there hands in nothing. `--user UID` works as well, with a folder that UID may write.
# A prediction lasts seconds and wants all cores, so the first check comes after five minutes.
HEALTHCHECK --interval=5m --timeout=60s CMD ["python", "-m", "app", "doctor", "--quiet"]
# tini is process 1: it hands SIGTERM on, which a process 1 without a handler would never see.
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/bin/mediar-box"]
ARG VERSION=unstated
ARG REVISION=unstated
ARG SOURCE=unstated
LABEL org.opencontainers.image.title="mediar-box" \
      org.opencontainers.image.description="Cell segmentation in a box: microscopy images in, one label per cell out." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.source="$SOURCE"

FROM build-gpu AS build-train
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
COPY requirements-train.txt requirements-train.lock ./
# what the .txt adds to that with CUDA, alone, as it is locked: so the image is one small layer more
RUN added="$(sed -n 's/==.*//p' requirements-train.txt | paste -s -d '|')" \
 && sed -En "/^($added)==/,/[^\\]$/p" requirements-train.lock > added.lock \
 && pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --no-deps --target /opt/training -r added.lock

FROM runtime AS cuda
# what NVIDIA's container runtime hands in; without these a container sees no GPU
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build-gpu /opt/venv /opt/venv

FROM cuda AS train
# `mediar-box tune`: what adapts the pair to a laboratory's own images. MONAI asks for the user's name when it is
# imported, and a user by number, as `--user` gives one, has none.
ENV LOGNAME=mediar
COPY --from=build-train /opt/training /opt/venv/lib/python3.11/site-packages
COPY evaluation evaluation
COPY training training
COPY image/bom.py /tmp/
RUN python /tmp/bom.py > /opt/bom.cdx.json && rm /tmp/bom.py

FROM runtime AS cpu
COPY --from=build-cpu /opt/venv /opt/venv
COPY image/bom.py /tmp/
RUN python /tmp/bom.py > /opt/bom.cdx.json && rm /tmp/bom.py

FROM cuda AS gpu
COPY image/bom.py /tmp/
RUN python /tmp/bom.py > /opt/bom.cdx.json && rm /tmp/bom.py
