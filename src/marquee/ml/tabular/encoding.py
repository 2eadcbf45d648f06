"""From features to columns of a matrix, by what the training rows told."""

from dataclasses import dataclass

import numpy as np

from marquee.ml.tabular.features import Features, FloatArray

VALUE, MISSING, CATEGORY = "value", "missing", "category"
# A category of fewer rows says nothing that would hold elsewhere.
MINIMUM_CATEGORY_ROWS = 10


@dataclass(frozen=True)
class EncodedColumn:
    """One column of the matrix.

    Attributes:
        feature: The feature it is made of.
        kind: VALUE (the number), MISSING (1 where it is missing) or CATEGORY (1 where it is).
        category: The category, else "".
        median: Stands for missing values in linear models.
        centre: Mean of the column over the training rows, after filling.
        scale: Standard deviation of it; 1 where the column is constant.
    """

    feature: str
    kind: str
    category: str
    median: float
    centre: float
    scale: float


@dataclass(frozen=True)
class Encoding:
    """The columns of a matrix in their order: by feature, kind and category."""

    columns: tuple[EncodedColumn, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The features that the columns are made of, in sorted order."""
        return tuple(sorted({column.feature for column in self.columns}))

    @property
    def tree_columns(self) -> tuple[EncodedColumn, ...]:
        """The columns that trees need: they see what is missing by themselves."""
        return tuple(column for column in self.columns if column.kind != MISSING)

    def standardised(self, features: Features) -> FloatArray:
        """Gives columns with missing values filled, of mean 0 and deviation 1 in training.

        Args:
            features: Rows; a category that training did not know is none of its columns.

        Returns:
            Matrix of shape (rows, columns).
        """
        matrix = np.empty((features.row_count, len(self.columns)))
        for position, column in enumerate(self.columns):
            values = _raw(features, column)
            filled = np.where(np.isnan(values), column.median, values)
            matrix[:, position] = (filled - column.centre) / column.scale
        return matrix

    def for_trees(self, features: Features) -> FloatArray:
        """Gives columns as they are, NaN where missing, shape (rows, tree columns)."""
        columns = self.tree_columns
        matrix = np.empty((features.row_count, len(columns)))
        for position, column in enumerate(columns):
            matrix[:, position] = _raw(features, column)
        return matrix


def fit_encoding(features: Features, kept: tuple[str, ...]) -> Encoding:
    """Learns the encoding of the kept features from training rows, at least one.

    Args:
        features: Training rows.
        kept: Features to encode.
    """
    columns = []
    for name in sorted(kept):
        if name in features.numbers:
            values = features.numbers[name]
            is_missing = np.isnan(values)
            median = float(np.median(values[~is_missing])) if (~is_missing).any() else 0.0
            columns.append((name, VALUE, "", median))
            if 0 < is_missing.sum() < len(values):
                columns.append((name, MISSING, "", 0.0))
        else:
            found, counts = np.unique(features.categories[name], return_counts=True)
            columns += [
                (name, CATEGORY, str(category), 0.0)
                for category, count in zip(found, counts, strict=True)
                if count >= MINIMUM_CATEGORY_ROWS
            ]
    return Encoding(tuple(_scaled(features, *column) for column in columns))


def _scaled(
    features: Features, name: str, kind: str, category: str, median: float
) -> EncodedColumn:
    column = EncodedColumn(name, kind, category, median, 0.0, 1.0)
    values = _raw(features, column)
    filled = np.where(np.isnan(values), median, values)
    centre, scale = float(filled.mean()), float(filled.std())
    # The deviation of equal numbers can come out as a tiny one instead of 0.
    is_constant = bool((filled == filled[0]).all())
    return EncodedColumn(name, kind, category, median, centre, 1.0 if is_constant else scale)


def _raw(features: Features, column: EncodedColumn) -> FloatArray:
    if column.kind == CATEGORY:
        is_it = features.categories[column.feature] == column.category
        return np.asarray(is_it, dtype=np.float64)
    values = features.numbers[column.feature]
    return np.isnan(values).astype(np.float64) if column.kind == MISSING else values
