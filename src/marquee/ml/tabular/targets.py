"""What kind of target there is; the family of every candidate follows from it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from marquee.ml.tabular.features import BoolArray, FloatArray, IntArray

BINARY, MULTICLASS, NUMERIC = "binary", "multiclass", "numeric"
FAMILIES = ("constant", "linear", "boosting")
_ALGORITHMS = {
    (BINARY, "linear"): "logistic_regression",
    (MULTICLASS, "linear"): "softmax_regression",
    (NUMERIC, "linear"): "linear_regression",
}


@dataclass(frozen=True, eq=False)
class Target:
    """What is to be predicted.

    Attributes:
        kind: BINARY, MULTICLASS or NUMERIC.
        classes: Names of the classes in sorted order; empty if the target is a number.
        values: The number, or the position of the class (0 and 1 for booleans), shape (rows,).
    """

    kind: str
    classes: tuple[str, ...]
    values: FloatArray

    @property
    def output_count(self) -> int:
        """Columns of a model's margins: one a class if there are several, else one."""
        return len(self.classes) if self.kind == MULTICLASS else 1

    def take(self, rows: BoolArray | IntArray) -> "Target":
        """Picks rows by a mask or by positions; the classes stay."""
        return Target(self.kind, self.classes, self.values[rows])


def read_target(column: pa.ChunkedArray) -> Target:
    """Reads a target; its type says what kind it is.

    Args:
        column: Booleans (two classes), texts (several classes) or numbers, without nulls.

    Raises:
        ValueError: If a value is null, or the type is none of these.
    """
    if column.null_count:
        raise ValueError(f"{column.null_count} targets are null; filter rows without a label")
    if pa.types.is_boolean(column.type):
        values = column.cast(pa.int8()).to_numpy().astype(np.float64)
        return Target(BINARY, ("false", "true"), values)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts = np.asarray(column.to_pylist(), dtype=np.str_)
        classes, positions = np.unique(texts, return_inverse=True)
        return Target(MULTICLASS, tuple(classes.tolist()), positions.astype(np.float64))
    if (
        pa.types.is_integer(column.type)
        or pa.types.is_decimal(column.type)
        or pa.types.is_floating(column.type)
    ):
        numbers = column.cast(pa.float64(), safe=False).to_numpy()
        return Target(NUMERIC, (), numbers.astype(np.float64))
    raise ValueError(f"a target of type {column.type} can't be predicted")


def algorithm_of(kind: str, family: str) -> str:
    """Names the algorithm of a family for a kind of target, such as logistic_regression.

    A family from elsewhere is named by its dotted path, and so is its algorithm.
    """
    if ":" in family:
        return family
    names = {"constant": "constant", "boosting": "gradient_boosting"}
    return names.get(family) or _ALGORITHMS[kind, family]
