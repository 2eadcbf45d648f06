"""item_knn: cosine similarity between titles with shrinkage, and the nearest neighbours."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from marquee.ml.decimals import round_to_scale
from marquee.ml.recommendation.interactions import Interactions, raised
from marquee.ml.recommendation.neighbors import PARAMETER_NAME, strongest_rows
from marquee.ml.recommendation.parameters import VALUE_SCALE, parameter_table
from marquee.ml.settings import check_bounds

NAME = "item_knn"
# 512 columns of 10,000 titles are 40 MB, and blocks bound the memory for any number of titles.
_BLOCK_TITLES = 512


@dataclass(frozen=True)
class ItemKnnConfig:
    """Settings of item_knn.

    Attributes:
        neighbor_limit: Most neighbours that are kept for each title to score.
        shrinkage: Added to the product of the norms; damps cosines that few customers support.
        weight_exponent: Interaction weights are raised to it; 0 counts every interaction alike.
    """

    neighbor_limit: int = field(default=100, metadata={"minimum": 1})
    shrinkage: float = field(default=20.0, metadata={"minimum": 0.0})
    weight_exponent: float = field(default=0.5, metadata={"minimum": 0.0, "maximum": 1.0})

    def __post_init__(self) -> None:
        check_bounds(self)


def fit_item_knn(interactions: Interactions, config: ItemKnnConfig) -> pa.Table:
    """Computes each title's nearest neighbours.

    The cosine of titles i and j is x_i'x_j / (|x_i| |x_j| + shrinkage), x the columns of weights
    (Sarwar et al. 2001, doi:10.1145/371920.372071, but for the shrinkage). Neighbours are the
    largest cosines, ties by id.

    Args:
        interactions: Training rows.
        config: Settings.

    Returns:
        Table of PARAMETER_SCHEMA: `neighbor`, row_id the title of the history, column_id the
        title to score, value above 0 and at most 1, at most `neighbor_limit` rows per column_id.
    """
    weights = raised(interactions.matrix(), config.weight_exponent).tocsc()
    norms = np.sqrt(np.asarray(weights.power(2).sum(axis=0)).ravel())
    transposed = weights.T.tocsr()
    rows, columns, values = [], [], []
    for start in range(0, len(norms), _BLOCK_TITLES):
        block = slice(start, start + _BLOCK_TITLES)
        cosines = (transposed @ weights[:, block]).toarray()
        cosines /= np.outer(norms, norms[block]) + config.shrinkage
        block_columns = np.arange(cosines.shape[1])
        cosines[start + block_columns, block_columns] = 0.0
        strengths = round_to_scale(np.minimum(cosines, 1.0), VALUE_SCALE)
        block_rows, block_columns = strongest_rows(strengths, config.neighbor_limit)
        rows.append(block_rows)
        columns.append(block_columns + start)
        values.append(strengths[block_rows, block_columns])
    return parameter_table(
        algorithm=NAME,
        parameter_name=PARAMETER_NAME,
        row_ids=interactions.title_ids,
        column_ids=interactions.title_ids,
        rows=np.concatenate(rows),
        columns=np.concatenate(columns),
        values=np.concatenate(values),
    )
