from decimal import Decimal

import numpy as np
import pyarrow as pa

from marquee.ml.recommendation.interactions import index_interactions
from marquee.ml.recommendation.popularity import PopularityScorer, fit_popularity

from .cases import pairs


def test_the_score_is_the_share_of_customers() -> None:
    indexed = index_interactions(pairs("1:ab 2:b 3:bc"))
    parameters = fit_popularity(indexed)
    assert parameters["row_id"].to_pylist() == ["a", "b", "c"]
    assert parameters["parameter_value"].to_pylist() == [
        Decimal("0.333333333333"),
        Decimal("1.000000000000"),
        Decimal("0.333333333333"),
    ]
    scorer = PopularityScorer(parameters, pa.array(["b", "new"]))
    history = index_interactions(pairs("1:a 2:b")).matrix()
    assert scorer.scores(history).tolist() == [[1.0, 0.0], [1.0, 0.0]]
    assert scorer.reasons(history, np.array([[0, 1]])).tolist() == [[-1, -1]]
