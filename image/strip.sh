#!/bin/sh
# strip.sh SITE_PACKAGES: removes what a prediction never reads. Run by the Dockerfile.
set -eu
cd "$1"

# Tests, type stubs and C headers of the libraries.
find . -mindepth 2 -depth -type d \( -name tests -o -name test \) -exec rm -rf {} +
find . -type f \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' -o -name '*.h' -o -name '*.hpp' -o -name '*.a' \) -delete

# Of OpenVINO the CPU plugin and the reader of its own format stay. Other devices and readers of other
# frameworks' formats go; cache.json holds timings for the GPU plugin.
cd openvino
rm -rf cmake include libs/cache.json \
    libs/libopenvino_intel_[gn]pu_plugin.so libs/libopenvino_auto*_plugin.so libs/libopenvino_hetero_plugin.so
find libs frontend \( -name '*_frontend.so.*' -o -name 'py_*_frontend*.so' \) ! -name 'libopenvino_ir_frontend.so.*' -delete
