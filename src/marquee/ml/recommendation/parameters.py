"""Model parameters in long form, so that SQL can read, score and explain with them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from marquee.ml.decimals import ScaledIntegers, decimal_array, scaled_integers
from marquee.ml.dense_index import Positions, positions_of
from marquee.ml.recommendation.interactions import FloatArray

VALUE_TYPE = pa.decimal128(18, 12)
VALUE_SCALE = VALUE_TYPE.scale
PARAMETER_SCHEMA = pa.schema(
    [
        ("algorithm", pa.string()),
        ("parameter_name", pa.string()),
        ("row_id", pa.string()),
        ("column_id", pa.string()),
        ("parameter_value", VALUE_TYPE),
    ]
)

FITTED_PARAMETER_SCHEMA = pa.schema(
    [("model_name", pa.string()), ("model_version", pa.string()), *PARAMETER_SCHEMA]
)


def registered_parameters_of(version: str, registered: pa.Table | None) -> pa.Table | None:
    """Gives the parameters of a version that the registry holds.

    Args:
        version: Name of the version.
        registered: Table of FITTED_PARAMETER_SCHEMA, perhaps with further versions; None for none.

    Returns:
        Table of FITTED_PARAMETER_SCHEMA, sorted; None if the registry does not hold the version.
    """
    if registered is None:
        return None
    rows = registered.filter(pc.equal(registered["model_version"].cast(pa.string()), version))
    if not rows.num_rows:
        return None
    order = [("parameter_name", "ascending"), ("row_id", "ascending"), ("column_id", "ascending")]
    return rows.select(FITTED_PARAMETER_SCHEMA.names).cast(FITTED_PARAMETER_SCHEMA).sort_by(order)


def parameter_table(
    algorithm: str,
    parameter_name: str,
    row_ids: pa.StringArray,
    column_ids: pa.StringArray,
    rows: Positions,
    columns: Positions,
    values: ScaledIntegers,
) -> pa.Table:
    """Writes one parameter of one algorithm.

    Args:
        algorithm: Name of the algorithm.
        parameter_name: Name of the parameter.
        row_ids: Ids of the rows, sorted.
        column_ids: Ids of the columns, sorted.
        rows: Position in `row_ids` of each value, shape (values,).
        columns: Position in `column_ids` of each value, shape (values,).
        values: Values in units of the last decimal of PARAMETER_SCHEMA, shape (values,).

    Returns:
        Table of PARAMETER_SCHEMA, sorted by row and column id.
    """
    order = np.lexsort([columns, rows])
    count = len(order)
    return pa.table(
        [
            pa.repeat(algorithm, count),
            pa.repeat(parameter_name, count),
            row_ids.take(pa.array(rows[order])),
            column_ids.take(pa.array(columns[order])),
            decimal_array(values[order], VALUE_TYPE),
        ],
        schema=PARAMETER_SCHEMA,
    )


def select_parameters(parameters: pa.Table, algorithm: str, parameter_name: str) -> pa.Table:
    """Picks one parameter of one algorithm.

    Args:
        parameters: Table of PARAMETER_SCHEMA, perhaps with further columns, of any algorithms.
        algorithm: Name of the algorithm.
        parameter_name: Name of the parameter.

    Returns:
        Its rows.

    Raises:
        ValueError: If the rows belong to more than one model version.
    """
    chosen = parameters.filter(
        pc.and_(
            pc.equal(parameters["algorithm"].cast(pa.string()), algorithm),
            pc.equal(parameters["parameter_name"].cast(pa.string()), parameter_name),
        )
    )
    if "model_version" in chosen.column_names:
        versions = pc.unique(chosen["model_version"]).to_pylist()
        if len(versions) > 1:
            raise ValueError(
                f"the parameters of {algorithm} have {len(versions)} model versions "
                f"({', '.join(versions)}); pass one"
            )
    return chosen


def parameter_matrix(
    parameters: pa.Table, row_ids: pa.StringArray, column_ids: pa.StringArray
) -> sp.csr_matrix:
    """Reads a parameter as a sparse matrix; values of ids that are not asked for are left out.

    Args:
        parameters: Rows of one parameter, as `select_parameters` gives them.
        row_ids: Ids of the rows, sorted.
        column_ids: Ids of the columns, sorted.

    Returns:
        Matrix of shape (rows, columns).
    """
    rows = positions_of(parameters["row_id"], row_ids)
    columns = positions_of(parameters["column_id"], column_ids)
    values: FloatArray = (
        scaled_integers(parameters["parameter_value"], VALUE_TYPE) / 10.0**VALUE_SCALE
    )
    is_known = (rows >= 0) & (columns >= 0)
    matrix = sp.csr_matrix(
        (values[is_known], (rows[is_known], columns[is_known])),
        shape=(len(row_ids), len(column_ids)),
    )
    # Sums over a row follow the stored order of its values, and it must not depend on the table's.
    matrix.sort_indices()
    return matrix
