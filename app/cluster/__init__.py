"""The same job on many processes or machines: images, or parts of a slide, to Dask's workers and back.

A `Job` with `workers` or `scheduler` comes in, the files that `run` would have made go out, with the same
bits. `predict.predict` is the door. Dask is imported here alone, and only once such a job is there.

    predict ─> folder ┬─> connect    a local cluster, or one that exists
                      ├─> tasks      what a worker does: an image, or some bands of a slide
                      ├─> cut        where a slide is cut into parts
                      ├─> slide      a slide's bands in their order, as if a network here gave them
                      └─> store      bands on shared storage, each with its checksum
"""
