"""Linear algebra stays on one thread until the last of several models has been fitted."""

from contextlib import ExitStack
from threading import Thread

import numpy as np
import scipy.linalg  # noqa: F401 - a second BLAS library
from threadpoolctl import threadpool_info, threadpool_limits

from marquee.ml.one_thread import one_thread


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_who_leaves_first_leaves_the_others_on_one_thread():
    with threadpool_limits(2, user_api="blas"):
        first, second = ExitStack(), ExitStack()
        first.enter_context(one_thread())
        second.enter_context(one_thread())
        first.close()
        assert blas_threads() == {1}
        second.close()
        assert blas_threads() == {2}


def test_sums_are_equal_beside_another_model_that_comes_and_goes():
    values = np.random.default_rng(7).normal(size=(20_000, 60))
    weights = values[:, 0].copy()

    def come_and_go() -> None:
        for _ in range(50):
            with one_thread():
                np.dot(values.T, weights)

    with threadpool_limits(2, user_api="blas"):
        beside = Thread(target=come_and_go)
        beside.start()
        with one_thread():
            sums = {np.dot(values.T, weights).tobytes() for _ in range(200)}
        beside.join()
    assert len(sums) == 1


def test_threads_come_back_after_an_error():
    with threadpool_limits(2, user_api="blas"):
        try:
            with one_thread():
                raise ValueError
        except ValueError:
            pass
        assert blas_threads() == {2}
