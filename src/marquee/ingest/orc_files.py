"""Reader for ORC: stripe by stripe into Parquet, which all files with types are read from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from marquee.ingest.landing import FileRejectedError, LandedFile
from marquee.ingest.parquet_files import WRITING
from marquee.store import raise_if_store_failed


class OrcFile:
    """An ORC file."""

    def __init__(self, path: Path, file: LandedFile) -> None:
        """Read the footer.

        Raises:
            FileRejectedError: if the file is no complete ORC file.
        """
        self._file = file
        try:
            self._orc = orc.ORCFile(path)
            self._schema = self._orc.schema
        except (pa.ArrowException, OSError) as error:
            raise_if_store_failed(error)
            raise FileRejectedError(
                file.name, f"not a complete ORC file ({file.told(error)}). Upload the file again."
            ) from error

    @property
    def column_names(self) -> list[str]:
        """In the file's order."""
        return list(self._schema.names)

    def write_as_parquet(self, wanted: Sequence[str], target: Path) -> None:
        """Write some columns as Parquet; a stripe at a time is in memory.

        Raises:
            FileRejectedError: if a stripe can't be read.
        """
        try:
            schema = pa.schema([self._schema.field(name) for name in wanted])
            with pq.ParquetWriter(target, schema, **WRITING) as sink:
                for stripe in range(self._orc.nstripes):
                    rows = self._orc.read_stripe(stripe, list(wanted))
                    sink.write_batch(rows.select(list(wanted)))
        except (pa.ArrowException, OSError, KeyError) as error:
            raise_if_store_failed(error)
            raise FileRejectedError(
                self._file.name,
                f"it can't be read to its end ({self._file.told(error)}). Upload it again.",
            ) from error

    def write_without(self, row_numbers: Collection[int], target: Path) -> None:
        """Write the file without some rows, which are numbered from 1."""
        first = 1
        with orc.ORCWriter(target, compression=self._orc.compression.lower()) as sink:
            for stripe in range(self._orc.nstripes):
                rows = self._orc.read_stripe(stripe)
                numbers = range(first, first + rows.num_rows)
                kept = pa.array([number not in row_numbers for number in numbers], pa.bool_())
                sink.write(pa.Table.from_batches([rows.filter(kept)]))
                first += rows.num_rows
