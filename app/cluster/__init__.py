"""The same job on many processes or machines: images, or parts of a slide, to Dask's workers and back.

A `Job` with `workers` or `scheduler` comes in, the files that `run` would have made go out, with the same
bits. `predict.predict` is the door. Dask is imported here alone, and only once such a job is there.

    predict ─> folder ┬─> connect    a local cluster, or one that exists
                      ├─> tasks      what a worker does: an image, bands of a slide, a block of its cells
                      ├─> cut        where a slide is cut into parts
                      ├─> blocks     blocks to track, and the bands that each needs
                      ├─> slide      a slide's rows of labels, as if they were tracked here
                      ├─> queue      its tasks: which are out, and what became of them
                      └─> store      bands (tiles) and blocks (found) on shared storage, with checksums
"""
