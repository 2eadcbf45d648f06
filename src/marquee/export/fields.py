"""What goes into an exported model and what comes out of it, by name and type."""

from dataclasses import dataclass

from marquee.ml.tabular.encoding import CATEGORY, Encoding

DOUBLE, STRING = "double", "string"


@dataclass(frozen=True)
class Field:
    """An input or output; its type is DOUBLE or STRING."""

    name: str
    type: str


SEGMENT, SQUARED_DISTANCE = "segment_id", "squared_distance"
CLUSTERING_OUTPUTS = (Field(SEGMENT, STRING), Field(SQUARED_DISTANCE, DOUBLE))
"""What comes out of centroids."""


def input_fields(encoding: Encoding) -> tuple[Field, ...]:
    """Gives the features in sorted order: numbers and booleans as doubles, categories as texts."""
    texts = {column.feature for column in encoding.columns if column.kind == CATEGORY}
    return tuple(
        Field(feature, STRING if feature in texts else DOUBLE) for feature in encoding.features
    )
