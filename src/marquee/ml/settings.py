"""Frozen configuration dataclasses from the plain mappings of dbt YAML, checked field by field."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Settings = TypeVar("Settings")


def settings_from_mapping(
    settings_class: type[Settings], mapping: Mapping[str, Any], path: str = ""
) -> Settings:
    """Builds a dataclass from a mapping whose values may be strings.

    Args:
        settings_class: Frozen dataclass with defaults; fields are int, float, str, tuples of
            these (a list or a comma-separated string), dictionaries of these by name, or such a
            dataclass (a mapping).
        mapping: Values that replace defaults.
        path: Dotted place of the mapping, for error messages.

    Returns:
        An instance of `settings_class`.

    Raises:
        ValueError: If a key is unknown or a value does not fit its field.
    """
    types = get_type_hints(settings_class)
    unknown = sorted(set(mapping) - set(types))
    if unknown:
        names = ", ".join(path + key for key in unknown)
        raise ValueError(f"unknown setting {names}; allowed are {', '.join(sorted(types))}")
    return settings_class(
        **{key: _value(types[key], value, path + key) for key, value in mapping.items()}
    )


def check_bounds(settings: Any) -> None:
    """Checks each field against the `minimum` and `maximum` of its metadata.

    Raises:
        ValueError: If a value lies outside; names the field and the bound.
    """
    for field in fields(settings):
        value = getattr(settings, field.name)
        numbers = value if isinstance(value, tuple) else (value,)
        minimum = field.metadata.get("minimum")
        maximum = field.metadata.get("maximum")
        if minimum is not None and any(number < minimum for number in numbers):
            raise ValueError(f"{field.name} is {value}, its minimum is {minimum}")
        if maximum is not None and any(number > maximum for number in numbers):
            raise ValueError(f"{field.name} is {value}, its maximum is {maximum}")


def _value(expected: Any, value: Any, path: str) -> Any:
    if is_dataclass(expected) and isinstance(expected, type):
        if not isinstance(value, Mapping):
            raise ValueError(f"setting {path} must be a mapping, not {value!r}")
        return settings_from_mapping(expected, value, f"{path}.")
    if get_origin(expected) is dict:
        if not isinstance(value, Mapping):
            raise ValueError(f"setting {path} must be a mapping, not {value!r}")
        entry = get_args(expected)[1]
        return {str(key): _value(entry, own, f"{path}.{key}") for key, own in value.items()}
    if get_origin(expected) is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            parts = [parts]
        return tuple(_value(get_args(expected)[0], part, path) for part in parts)
    try:
        return expected(str(value).strip())
    except ValueError as error:
        raise ValueError(f"setting {path} must be {expected.__name__}, not {value!r}") from error
