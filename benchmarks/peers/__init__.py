"""Cellpose's and StarDist's own networks beside ours: equal minutes, one split, one judge.

    python -m benchmarks.peers --data ../shared/data/cells --minutes 8 -o out/peers

Cellpose 3.1 (residual U-Net), StarDist (2D_versatile's shape), MEDIAR-Former and
torchvision's Mask R-CNN begin with random weights and learn from the same images
for the same minutes of one core. All predict the same images of the val split,
and our evaluation scores their label files. Each peer runs in a process and a
virtual environment of its own, made below -o on the first call (about 9 GB) from
the pinned cellpose.txt and stardist.txt beside this file; only pip needs a network.

Minutes are those that the training process spends on the CPU, on one thread, so
that other work on the machine takes none of them away. Reading images and
computing their targets once is not counted; a network that computes targets as
it goes (StarDist) is not spared that.

A run that was stopped goes on with the networks that are not done. Exit status 1
where a network has no row.
"""
