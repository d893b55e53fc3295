#!/bin/sh
# strip.sh SITE_PACKAGES: removes what a prediction never reads. Run by the Dockerfile.
set -eu
cd "$1"

# Tests, type stubs and C headers of the libraries; scikit-image alone reads its stubs, to know what to import.
find . -mindepth 2 -depth -type d \( -name tests -o -name test \) -exec rm -rf {} +
find . -name '*.pyi' ! -path './skimage/*' -delete
find . -type f \( -name '*.pxd' -o -name '*.pyx' -o -name '*.h' -o -name '*.hpp' -o -name '*.a' \) -delete

# The symbol tables of these: 100 MB that only a debugger would read. OpenBLAS (numpy.libs, scipy.libs) is left
# alone: its files were patched after linking, and stripping such a file can break it.
find llvmlite numba scipy imagecodecs numcodecs skimage -name '*.so' -exec strip --strip-unneeded {} +

# scikit-image asks for these three in functions for graphs and for reading files, which we don't call.
rm -rf networkx networkx-*.dist-info imageio imageio-*.dist-info PIL pillow.libs pillow-*.dist-info

# Of OpenVINO the CPU plugin and the reader of its own format stay. Other devices and readers of other
# frameworks' formats go; cache.json holds timings for the GPU plugin.
cd openvino
rm -rf cmake include libs/cache.json \
    libs/libopenvino_intel_[gn]pu_plugin.so libs/libopenvino_auto*_plugin.so libs/libopenvino_hetero_plugin.so
find libs frontend \( -name '*_frontend.so.*' -o -name 'py_*_frontend*.so' \) ! -name 'libopenvino_ir_frontend.so.*' -delete
