"""What is true of a synthetic service and stays apart from its data, below `truth/`.

No model may read it. It tells what was planted, so that tests can find it again, and how each
title was drawn, so that a recommender can be measured against what was attainable.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from marquee.synthetic import vocabulary
from marquee.synthetic.activity import Events
from marquee.synthetic.configuration import HOUR_US, SyntheticConfiguration
from marquee.synthetic.dirt import CODE, KINDS, QUARANTINED_KINDS
from marquee.synthetic.files import write_bytes, write_parquet
from marquee.synthetic.identities import Identities
from marquee.synthetic.landing import LandedFile, word_lists
from marquee.synthetic.world import Customers, Floats, Titles

IS_QUARANTINED = np.array([kind in QUARANTINED_KINDS for kind in KINDS])


def claim_folder(configuration: SyntheticConfiguration, out: Path) -> None:
    """Write the configuration, or find that the folder already has the same one.

    Raises:
        ValueError: `out` holds landing files of other or unknown arguments.
    """
    path = out / "truth/configuration.json"
    content = _json(configuration.as_json())
    is_taken = any(file.is_file() for file in (out / "landing").rglob("*"))
    if is_taken and (not path.exists() or path.read_bytes() != content):
        raise ValueError(
            f"{out / 'landing'} holds files that these arguments did not make; write to another "
            f"folder, or, if they were generated too, remove the folders {out / 'landing'} and "
            f"{out / 'truth'}"
        )
    # Before the data: a run that was killed can be repeated.
    write_bytes(path, content)


def write_truth(
    configuration: SyntheticConfiguration,
    titles: Titles,
    customers: Customers,
    identities: Identities,
    events: Events,
    landed: Sequence[LandedFile],
    folder: Path,
) -> None:
    """Write `customers.parquet`, `titles.parquet`, `planted_rows.parquet` and `planted.json`.

    `planted.json` has one object a table and one a file. Resent files, copies to the byte, count
    apart in a table's object: whoever recognises them by content finds `landed_row_count`, whoever
    doesn't finds `landed_row_count + resent_row_count`. `quarantined_row_count` is what ingestion
    must refuse of the originals; duplicates, conflicting and unknown ids load.

    Args:
        configuration: The arguments.
        titles: All titles.
        customers: All customers.
        identities: Who they are, row by row.
        events: Events before faults were planted.
        landed: Account of every landed file.
        folder: The folder `truth`.
    """
    segments = pa.array(list(vocabulary.SEGMENTS))
    countries = pa.array(list(vocabulary.COUNTRY_SHARES))
    customer_table = pa.table({
        "customer_id": customers.customer_id,
        "full_name": identities.full_name,
        "email": identities.email,
        "birth_date": identities.birth_date,
        "segment": segments.take(pa.array(customers.segment)),
        "country_code": countries.take(pa.array(customers.country)),
        "registered_at": pa.array(customers.registered_at).cast(pa.timestamp("us")),
        "has_activity": customers.draw_count > 0,
        "taste": _vectors(customers.taste),
    })  # fmt: skip
    title_table = pa.table({
        "title_id": titles.title_id,
        "genres": word_lists(titles.genres, vocabulary.GENRES),
        "quality": titles.quality,
        "popularity": titles.popularity,
        "vector": _vectors(titles.vector),
        "country_shift": _vectors(titles.country_shift.T),
    })  # fmt: skip
    write_parquet(folder / "customers.parquet", customer_table)
    write_parquet(folder / "titles.parquet", title_table)
    write_parquet(folder / "planted_rows.parquet", _planted_rows(landed))
    is_late = events.received_at - events.event_at >= HOUR_US
    planted = {
        "seed": configuration.seed,
        "late_event_count": int(is_late.sum()),
        "tables": _account(landed),
        "files": [_file_account(file) for file in landed],
    }
    write_bytes(folder / "planted.json", _json(planted))


def true_affinities(
    truth_dir: Path, customer_ids: Sequence[str], title_ids: Sequence[str]
) -> Floats:
    """Return the log-probabilities with which titles were drawn.

    Ranking by them is the best that a recommender can do that knows everything but the future.
    They are the same on every day: when a title was out and in fashion only decided the times.

    Args:
        truth_dir: The folder `truth` of a synthetic service.
        customer_ids: Customers of that service, any order, repetitions allowed.
        title_ids: Titles of that service, likewise.

    Returns:
        Customers by titles. The exponentials over all titles of the service add up to 1.

    Raises:
        KeyError: An id is not of that service.
    """
    customers = pq.read_table(truth_dir / "customers.parquet")
    titles = pq.read_table(truth_dir / "titles.parquet")
    rows = _positions(customers["customer_id"], customer_ids)
    columns = _positions(titles["title_id"], title_ids)
    countries = pa.array(list(vocabulary.COUNTRY_SHARES))
    country = pc.index_in(customers["country_code"], countries).to_numpy()[rows]
    score = (
        titles["popularity"].to_numpy()
        + _matrix(titles["country_shift"]).T[country]
        + _matrix(customers["taste"])[rows] @ _matrix(titles["vector"]).T
    )
    highest = score.max(axis=1, keepdims=True)
    score -= highest + np.log(np.exp(score - highest).sum(axis=1, keepdims=True))
    chosen: Floats = score[:, columns]
    return chosen


def _positions(known: Any, wanted: Sequence[str]) -> npt.NDArray[np.int64]:
    found = pc.index_in(pa.array(wanted, pa.string()), known)
    if found.null_count:
        missing = wanted[int(np.flatnonzero(found.is_null())[0])]
        raise KeyError(f"{missing} is not in this synthetic service")
    positions: npt.NDArray[np.int64] = found.to_numpy().astype(np.int64)
    return positions


def _vectors(matrix: Floats) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])


def _matrix(vectors: Any) -> Floats:
    flat: Floats = vectors.combine_chunks().flatten().to_numpy()
    return flat.reshape(len(vectors), -1)


def _planted_rows(landed: Sequence[LandedFile]) -> pa.Table:
    """Return one row a planted fault or blank line, with its file and line."""
    counts = [len(file.fault) for file in landed]
    fault = np.concatenate([file.fault for file in landed])
    return pa.table({
        "source_name": np.repeat([file.source_name for file in landed], counts),
        "table_name": np.repeat([file.table_name for file in landed], counts),
        "file_name": np.repeat([file.file_name for file in landed], counts),
        "line_number": np.concatenate([file.line_number for file in landed]),
        "kind": np.array(KINDS)[fault],
        "is_quarantined": IS_QUARANTINED[fault],
    })  # fmt: skip


def _file_account(file: LandedFile) -> dict[str, object]:
    return {
        "source_name": file.source_name,
        "table_name": file.table_name,
        "file_name": file.file_name,
        "copy_of": file.copy_of,
        "landed_row_count": file.row_count,
        "quarantined_row_count": int(IS_QUARANTINED[file.fault].sum()),
    }


def _account(landed: Sequence[LandedFile]) -> list[dict[str, object]]:
    """Return one object a table; resent files, which are copies, count apart."""
    accounts: list[dict[str, object]] = []
    for source_name, table_name in dict.fromkeys((f.source_name, f.table_name) for f in landed):
        files = [f for f in landed if (f.source_name, f.table_name) == (source_name, table_name)]
        originals = [f for f in files if f.copy_of is None]
        fault = np.concatenate([f.fault for f in originals])
        kinds = {kind: int((fault == code).sum()) for kind, code in CODE.items() if code}
        accounts.append({
            "source_name": source_name,
            "table_name": table_name,
            "file_count": len(originals),
            "landed_row_count": sum(f.row_count for f in originals),
            "quarantined_row_count": int(IS_QUARANTINED[fault].sum()),
            "duplicate_row_count": kinds["duplicate_event"],
            "kinds": {kind: count for kind, count in kinds.items() if count},
            "resent_file_count": len(files) - len(originals),
            "resent_row_count": sum(f.row_count for f in files) - sum(
                f.row_count for f in originals
            ),
        })  # fmt: skip
    return accounts


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
