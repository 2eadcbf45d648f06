"""Settings of recurrent networks."""

from dataclasses import dataclass, field

from marquee.ml.settings import check_bounds


@dataclass(frozen=True)
class GruConfig:
    """Settings of a gated recurrent unit.

    Attributes:
        dimension: Length of the vectors of entries and of the state.
        window: Most entries that are read.
        epochs: Most passes over the training rows; the best by held-out groups counts.
        patience: Passes without a better one after which training ends.
        batch_windows: Windows in a step.
        learning_rate: Of AdamW, at first; it falls to 0 along a cosine.
        dropout: Share of the inputs that is left out at random in training.
        weight_decay: Of AdamW.
        validation_share: Share of the groups (customers, authors) that epochs are chosen by.
    """

    dimension: int = field(default=64, metadata={"minimum": 1, "maximum": 999})
    window: int = field(default=32, metadata={"minimum": 1})
    epochs: int = field(default=30, metadata={"minimum": 1})
    patience: int = field(default=3, metadata={"minimum": 1})
    batch_windows: int = field(default=64, metadata={"minimum": 1})
    learning_rate: float = field(default=0.003, metadata={"minimum": 1e-6})
    dropout: float = field(default=0.3, metadata={"minimum": 0.0, "maximum": 0.9})
    weight_decay: float = field(default=0.001, metadata={"minimum": 0.0})
    validation_share: float = field(default=0.1, metadata={"minimum": 0.01, "maximum": 0.5})

    def __post_init__(self) -> None:
        check_bounds(self)
