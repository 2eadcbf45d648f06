"""A gated recurrent unit (Cho et al. 2014, arXiv:1406.1078) over vectors of entries, with numpy.

r, z = sigmoid(x Wx + h Wh + b)     n = tanh(x Wn + r · (h Un) + c)     h' = z h + (1 - z) n
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marquee.ml.dense_index import Positions

FloatArray = npt.NDArray[np.float64]
DIGITS = 6
"""Decimals that weights are kept with; single precision has no more."""


@dataclass(frozen=True, eq=False)
class GruWeights:
    """What a trained unit knows.

    Attributes:
        embedding: Vectors of entries, shape (entries, dimension).
        input_kernel: Reset, update and candidate side by side, shape (dimension, 3 dimension).
        recurrent_kernel: The same for the state, shape (dimension, 3 dimension).
        gate_bias: Shape (3 dimension,).
    """

    embedding: FloatArray
    input_kernel: FloatArray
    recurrent_kernel: FloatArray
    gate_bias: FloatArray

    def states(self, windows: Positions) -> FloatArray:
        """Reads entries from the left.

        Args:
            windows: Places of entries, -1 for none, shape (rows, window).

        Returns:
            The state at the end, shape (rows, dimension); -1 leaves it as it is.
        """
        dimension = self.embedding.shape[1]
        state = np.zeros((len(windows), dimension))
        inputs = self.embedding @ self.input_kernel + self.gate_bias
        for entries in windows.T:
            rows = np.flatnonzero(entries >= 0)
            if not len(rows):
                continue
            from_entry = inputs[entries[rows]]
            from_state = state[rows] @ self.recurrent_kernel
            gates = _sigmoid(from_entry[:, : 2 * dimension] + from_state[:, : 2 * dimension])
            reset, update = gates[:, :dimension], gates[:, dimension:]
            candidate = np.tanh(
                from_entry[:, 2 * dimension :] + reset * from_state[:, 2 * dimension :]
            )
            state[rows] = update * state[rows] + (1.0 - update) * candidate
        return state


def _sigmoid(values: FloatArray) -> FloatArray:
    result: FloatArray = 0.5 * (np.tanh(0.5 * values) + 1.0)
    return result
