from dataclasses import dataclass, field

import pytest

from marquee.ml.settings import check_bounds, settings_from_mapping


@dataclass(frozen=True)
class Inner:
    rate: float = field(default=0.5, metadata={"minimum": 0.0, "maximum": 1.0})

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class Outer:
    count: int = 3
    names: tuple[str, ...] = ("a",)
    sizes: tuple[int, ...] = field(default=(1,), metadata={"minimum": 1})
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self) -> None:
        check_bounds(self)


def test_strings_become_the_types_of_their_fields() -> None:
    read = settings_from_mapping(
        Outer, {"count": " 12", "names": "x, y", "sizes": ["10", 20], "inner": {"rate": "0.25"}}
    )
    assert read == Outer(12, ("x", "y"), (10, 20), Inner(0.25))


def test_what_is_left_out_keeps_its_default() -> None:
    assert settings_from_mapping(Outer, {}) == Outer()


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"cuont": 1}, "unknown setting cuont; allowed are count, inner, names, sizes"),
        ({"inner": {"rat": 1}}, "unknown setting inner.rat; allowed are rate"),
        ({"count": "1.5"}, "setting count must be int, not '1.5'"),
        ({"inner": "0.5"}, "setting inner must be a mapping"),
        ({"inner": {"rate": 2}}, "rate is 2.0, its maximum is 1.0"),
        ({"sizes": "3,0"}, r"sizes is \(3, 0\), its minimum is 1"),
    ],
)
def test_a_mistake_is_named(mapping: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings_from_mapping(Outer, mapping)
