"""Images in, files out: `predict` over a folder, `preview` of it, `doctor`, and `segment` of one array.

Here the rooms are called in their order, and here is what only a run knows: which image is done, in other
hands or failed, how it is stopped, how much memory it may take, what a person is told of it. Nothing is
imported before it is asked for, since `--help` must not wait for NumPy.
"""
