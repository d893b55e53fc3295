"""What the operating system gives: files that are whole or not there, claims on them, the machine's limits.

Nothing here knows of images. `files` and `whole_folder` write, `machine` tells how many cores, how much
memory and how much time there is.
"""
