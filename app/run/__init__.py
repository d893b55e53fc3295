"""Images in, files out: `predict.predict`, `preview.preview`, `doctor.doctor`, `segmentation.segment`.

Here the rooms are called in their order, and here is what only a run knows: which image is done, in other
hands or failed, how it is stopped, how much memory it may take, what a person is told of it. Nothing is
imported before it is asked for, since `--help` must not wait for NumPy.

    predict ─> folder ┬─> ready      an image open and claimed, one ahead
                      ├─> finish     track, write, draw, one behind
                      ├─> stop, memory, console, names, tally
                      └─> rows ─> report     what is said of each image, and the page about the run
"""
