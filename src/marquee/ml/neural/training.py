"""Training with JAX on one thread of the processor; only this module needs the extra `deep`.

Equal rows, settings and packages give equal weights on one kind of processor.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from marquee.ml.dense_index import Positions
from marquee.ml.neural.settings import GruConfig

Weights = dict[str, Any]
"""Arrays by name; while training those of JAX, before and after it those of numpy."""
Loss = Callable[[Any, Weights, Any, Any, float], Any]
"""JAX, weights, a batch, a key or None, and the dropout, to the mean loss of the batch."""
PACKAGES = ("jax", "optax")

# Threads would sum in another order from run to run; read once, when the processor's client starts.
_ONE_THREAD = "--xla_cpu_multi_thread_eigen=false"


def train(
    weights: Weights,
    loss: Loss,
    rows: npt.NDArray[np.int64],
    groups: Positions,
    config: GruConfig,
    seed: int,
) -> Weights:
    """Lowers the loss of some groups' rows until that of the others rises.

    Args:
        weights: Where to begin; all are trained.
        loss: What to lower; must give rows that are -1 throughout no weight.
        rows: Rows to learn from, shape (rows, columns).
        groups: Position of each row's group (customer, author), shape (rows,).
        config: Settings.
        seed: Seed of groups, order and dropout.

    Returns:
        The weights that were best on the groups held out, as numbers of double precision.

    Raises:
        ValueError: If the extra `deep` is not installed.
    """
    jax, optax = _packages()
    if not len(rows):
        return _plain(weights)
    random = np.random.default_rng(seed)
    drawn = random.permutation(int(groups.max(initial=-1)) + 1)
    held = np.zeros(len(drawn), dtype=bool)
    held[drawn[: int(config.validation_share * len(drawn))]] = True
    learned, judged = rows[~held[groups]], rows[held[groups]]
    if not len(judged) or not len(learned):
        learned = judged = rows
    size = config.batch_windows
    steps = -(-len(learned) // size) * config.epochs
    schedule = optax.cosine_decay_schedule(config.learning_rate, steps)
    optimiser = optax.adamw(schedule, weight_decay=config.weight_decay)
    state = optimiser.init(weights)

    def step(weights: Weights, state: Any, batch: Any, key: Any) -> tuple[Weights, Any]:
        gradient = jax.grad(partial(loss, jax))(weights, batch, key, config.dropout)
        updates, state = optimiser.update(gradient, state, weights)
        return optax.apply_updates(weights, updates), state

    take_step = jax.jit(step)
    measure = jax.jit(lambda weights, batch: loss(jax, weights, batch, None, 0.0))
    key = jax.random.key(seed)
    best, least, waited = weights, np.inf, 0
    for _ in range(config.epochs):
        order = random.permutation(len(learned))
        for start in range(0, len(learned), size):
            key, own = jax.random.split(key)
            batch = _filled(learned[order[start : start + size]], size)
            weights, state = take_step(weights, state, batch, own)
        losses = [
            float(measure(weights, _filled(judged[start : start + size], size)))
            for start in range(0, len(judged), size)
        ]
        mean, waited = float(np.mean(losses)), waited + 1
        if mean < least:
            best, least, waited = weights, mean, 0
        if waited >= config.patience:
            break
    return _plain(best)


def initial_gru(random: np.random.Generator, entries: int, dimension: int) -> Weights:
    """Draws the weights that `GruWeights` has, in single precision."""

    def normal(*shape: int) -> Any:
        return random.normal(0, dimension**-0.5, shape).astype(np.float32)

    return {
        "embedding": normal(entries, dimension) * np.float32(0.5),
        "input_kernel": normal(dimension, 3 * dimension),
        "recurrent_kernel": normal(dimension, 3 * dimension),
        "gate_bias": np.zeros(3 * dimension, np.float32),
    }


def read_gru(jax: Any, weights: Weights, windows: Any, key: Any, dropout: float) -> Any:
    """Gives the state after each entry, as `GruWeights.states` gives the last.

    Args:
        jax: The package.
        weights: Those of `initial_gru`, and perhaps more.
        windows: Places of entries, -1 for none, shape (rows, window).
        key: Of the dropout; None without.
        dropout: Share of the inputs that is left out.

    Returns:
        States, shape (rows, window, dimension).
    """
    numpy = jax.numpy
    dimension = weights["embedding"].shape[1]
    inputs = weights["embedding"][numpy.maximum(windows, 0)]
    if dropout:
        kept = jax.random.bernoulli(key, 1.0 - dropout, inputs.shape)
        inputs = numpy.where(kept, inputs / (1.0 - dropout), 0.0)
    from_entries = inputs @ weights["input_kernel"] + weights["gate_bias"]

    def read(state: Any, one: Any) -> Any:
        from_entry, is_entry = one
        from_state = state @ weights["recurrent_kernel"]
        gates = jax.nn.sigmoid(from_entry[:, : 2 * dimension] + from_state[:, : 2 * dimension])
        reset, update = gates[:, :dimension], gates[:, dimension:]
        candidate = numpy.tanh(
            from_entry[:, 2 * dimension :] + reset * from_state[:, 2 * dimension :]
        )
        state = numpy.where(is_entry[:, None], update * state + (1.0 - update) * candidate, state)
        return state, state

    start = numpy.zeros((windows.shape[0], dimension))
    _, states = jax.lax.scan(read, start, (from_entries.swapaxes(0, 1), (windows >= 0).T))
    return states.swapaxes(0, 1)


def _packages() -> tuple[Any, Any]:
    if _ONE_THREAD not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_ONE_THREAD}".strip()
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    try:
        import jax
        import optax
    except ImportError as error:
        raise ValueError(
            "neural models are trained with JAX, which is not installed; install marquee[deep], "
            "or set the var deep_models to false"
        ) from error
    return jax, optax


def _filled(rows: npt.NDArray[np.int64], size: int) -> Any:
    """Brings the last batch to the size of the others, so that nothing is compiled twice."""
    batch = np.full((size, rows.shape[1]), -1, np.int32)
    batch[: len(rows)] = rows
    return batch


def _plain(weights: Weights) -> Weights:
    return {name: np.asarray(value, dtype=np.float64) for name, value in weights.items()}
