"""Everything that a GPU must show, in one command of under 8 minutes.

    python -m benchmarks.gpu -o OUT [--data ../shared/data/cells] [--device cuda] [--tiny] [--only NAME ...]

OUT/gpu.json and OUT/gpu.md are written anew after every check, so a run that is cut off leaves what it
found. Needs what a prediction needs and torch, nothing else: no MONAI, no segmentation-models-pytorch.
`--device cpu --tiny` goes the same way through in seconds, as a test does.

    start      fresh processes to a written label
    agreement  cells of the CPU's network and tracking beside the device's, on the same images
    windows    windows per second, beside plain torch in float32 (plain.py)
    official   the published architecture, with weights of chance
    tracking   the same flows tracked on the CPU and on the device
    slide      8415 × 10496 px with all passes, in bands, tracked

settings.py   how large each of them is, here and in the test
checks.py     start, agreement, tracking
networks.py   windows, official, slide
plain.py      the network as it would be run by hand
results.py    what was found beside what was aimed at; the files
"""
