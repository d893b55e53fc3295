"""What the operating system gives: files that are whole or not there, claims on them, the machine's limits.

Nothing here knows of images. `files.whole_file` and `whole_folder.whole_folder` write, `files.Partial`
claims, `tables` are CSV; `machine` tells how many cores, how much memory and how much time there is.
"""
