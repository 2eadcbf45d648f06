"""Which algorithm may score, according to the recorded decisions."""

import pyarrow as pa
import pyarrow.compute as pc


def champion_algorithm(decisions: pa.Table, model_name: str, default: str) -> str:
    """The champion's algorithm.

    Args:
        decisions: ``model_name``, ``algorithm`` and ``status``, one row a model version.
        model_name: what is predicted.
        default: the baseline, for a warehouse in which nothing could be evaluated yet.

    Raises:
        ValueError: if the decisions name two champions.
    """
    is_champion = pc.and_(
        pc.equal(decisions["model_name"], model_name), pc.equal(decisions["status"], "champion")
    )
    champions = decisions.filter(is_champion)["algorithm"].to_pylist()
    if len(champions) > 1:
        raise ValueError(f"{model_name} has more than one champion: {sorted(champions)}")
    return str(champions[0]) if champions else default
