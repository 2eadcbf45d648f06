"""One thread for linear algebra, also while other models are fitted beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

_LOCK = Lock()
_INSIDE: set[object] = set()
_LIMITS: list[Any] = []


@contextmanager
def one_thread() -> Iterator[None]:
    """Holds BLAS and OpenMP to one thread: equal rows in an equal order give equal bits.

    The number of BLAS threads belongs to the process, and dbt runs models side by side. Did the
    first to leave give the threads back, as `threadpool_limits` does, the others would go on with
    all of them; so the last one does.
    """
    own = object()
    # A library may have been loaded since the last one came.
    controller = ThreadpoolController()
    # OpenMP counts for each thread of ours apart.
    with controller.select(user_api="openmp").limit(limits=1):
        with _LOCK:
            _INSIDE.add(own)
            _LIMITS.append(controller.select(user_api="blas").limit(limits=1))
        try:
            yield
        finally:
            with _LOCK:
                _INSIDE.discard(own)
                while _LIMITS and not _INSIDE:
                    _LIMITS.pop().restore_original_limits()
