"""The titles that each customer is most likely to turn to next."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.decimals import decimal_array
from marquee.ml.dense_index import dense_index, positions_of
from marquee.ml.recommendation.batches import row_batches
from marquee.ml.recommendation.licences import licence_masks
from marquee.ml.recommendation.ranking import (
    SCORE_TYPE,
    ordered_keys,
    stored_scores,
    top_positions,
)
from marquee.ml.sequence.scoring import build_scorer
from marquee.ml.sequence.sequences import index_sequences
from marquee.ml.sequence.specification import SequenceSpecification

NEXT_TITLE_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("next_title_rank", pa.int32()),
        ("title_id", pa.string()),
        ("after_title_id", pa.string()),
        ("next_title_probability", SCORE_TYPE),
    ]
)


def recommend_next_titles(
    interactions: pa.Table,
    parameters: pa.Table,
    champion_algorithm: str,
    customers: pa.Table,
    titles: pa.Table,
    licences: pa.Table,
    specification: SequenceSpecification,
) -> pa.Table:
    """Lists what comes next for every customer with a history.

    Titles that the customer has turned to before, that are not playable or not licensed in the
    customer's country are left out; the probabilities of the others stay as they are.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        parameters: Table of PARAMETER_SCHEMA that holds the champion's, of one version.
        champion_algorithm: popularity, markov or gru.
        customers: customer_id, and country_code or null; who gets a list.
        titles: title_id and is_playable; all but False may be listed.
        licences: title_id and territory_code, as licence_masks reads them.
        specification: Settings that the parameters were fitted with.

    Returns:
        Table of NEXT_TITLE_SCHEMA, sorted by customer and rank; at most `list_length` rows a
        customer, only titles of a probability above 0 as it is stored, ties by title id.

    Raises:
        ValueError: If the interactions are not valid, or the tables hold more than one as_of_date.
    """
    require_one_as_of_date(
        interactions=interactions, customers=customers, titles=titles, licences=licences
    )
    sequences = index_sequences(interactions)
    customer_ids, customer_order = dense_index(customers["customer_id"])
    offered = titles.filter(pc.fill_null(titles["is_playable"], True))["title_id"]
    is_offered = np.zeros(len(sequences.title_ids), dtype=np.bool_)
    known = positions_of(offered, sequences.title_ids)
    is_offered[known[known >= 0]] = True
    licensed, licence_rows = licence_masks(licences, customers, customer_order, sequences.title_ids)
    places = positions_of(sequences.customer_ids, customer_ids)
    asked = np.flatnonzero(places >= 0)
    scorer = build_scorer(parameters, champion_algorithm, sequences.title_ids, specification)
    tables = [NEXT_TITLE_SCHEMA.empty_table()]
    for rows_of_batch in row_batches(len(asked), len(sequences.title_ids)):
        batch = asked[rows_of_batch]
        last = sequences.starts[batch + 1] - 1
        windows = sequences.windows(last, specification.gru.window)
        scores = stored_scores(scorer.probabilities(windows))
        keys = np.where(scores > 0, ordered_keys(scores), -1)
        keys[~(licensed & is_offered)[licence_rows[places[batch]]]] = -1
        keys[sequences.titles_before(batch, last + 1)] = -1
        tops = top_positions(keys, specification.list_length)
        rows, ranks = np.nonzero(tops >= 0)
        listed = tops[rows, ranks]
        tables.append(
            pa.table(
                [
                    sequences.customer_ids.take(pa.array(batch[rows])),
                    pa.array(ranks + 1, pa.int32()),
                    sequences.title_ids.take(pa.array(listed)),
                    sequences.title_ids.take(pa.array(sequences.titles[last[rows]])),
                    decimal_array(scores[rows, listed], SCORE_TYPE),
                ],
                schema=NEXT_TITLE_SCHEMA,
            )
        )
    return pa.concat_tables(tables)
