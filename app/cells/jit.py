"""How this package compiles its kernels: once per machine, kept on disk, without the interpreter's lock.

Of numba's threading layers this takes the one that is always there and whose
threads sleep while they wait: OpenMP's spin, and on cores that a network uses too
a call of milliseconds took a minute. It ends the process when two Python threads
enter parallel kernels at the same time, so every public function of this package
holds `one_at_a_time` while its kernels run. They use all cores anyway.

A loop over `prange` counts in uint64, and uint64 with int64 makes float64:
hence the `y = np.int64(row)` at the head of such loops.
"""

from __future__ import annotations

import threading

from numba import config, njit

from .kept import kept

config.THREADING_LAYER = "workqueue"  # type: ignore[attr-defined]
one_at_a_time = threading.RLock()
serial = kept(njit(nogil=True))
parallel = kept(njit(nogil=True, parallel=True))
