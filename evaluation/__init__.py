"""Scores, timings and a report for label images, ours or anybody's.

`evaluation.matching.match` is the call that others rely on; `python -m evaluation --help`
lists the commands.
"""
