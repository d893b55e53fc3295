"""The thread's alternative signal stack, put back as it was.

On CPUs with AMX, OpenVINO lays an alternative signal stack under the thread
that loads it, and frees that memory later from whatever thread lets go of the
network. Python runs its signal handlers on that stack: a SIGTERM that came
afterwards ended the process with a segmentation fault.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Stack(ctypes.Structure):
    """`stack_t` of Linux (sigaltstack(2))."""

    _fields_ = [("sp", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t)]


def current() -> Stack:
    """The calling thread's alternative signal stack."""
    stack = Stack()
    ctypes.CDLL(None).sigaltstack(None, ctypes.byref(stack))
    return stack


@contextmanager
def kept_signal_stack() -> Iterator[None]:
    """Whatever the block does to the thread's alternative signal stack is undone, on Linux."""
    if sys.platform != "linux":
        yield
        return
    before = current()
    try:
        yield
    finally:
        ctypes.CDLL(None).sigaltstack(ctypes.byref(before), None)
