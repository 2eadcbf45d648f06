"""Trino's type names, as `describe` and the client write them, taken apart."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|[(),]|[^\s(),"]+)')


@dataclass(frozen=True)
class TrinoType:
    """One Trino type.

    Attributes:
        name: Lower-case base name with all its words: `decimal`, `timestamp with time zone`.
        numbers: Length, precision or scale, as far as they are given.
        parts: The type arguments of `array`, `map` and `row`, with the field name of each, which
            is None outside a `row` and for a row field without a name.
    """

    name: str
    numbers: tuple[int, ...] = ()
    parts: tuple[tuple[str | None, "TrinoType"], ...] = ()

    def __str__(self) -> str:
        if self.parts:
            inner = ", ".join(
                str(part) if name is None else f"{quote(name)} {part}" for name, part in self.parts
            )
            return f"{self.name}({inner})"
        if not self.numbers:
            return self.name
        first, _, rest = self.name.partition(" ")
        numbers = ",".join(str(number) for number in self.numbers)
        return f"{first}({numbers}){' ' + rest if rest else ''}"


def quote(identifier: str) -> str:
    """Quote an identifier; Trino and DuckDB do it alike."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text value; Trino and DuckDB do it alike."""
    return "'" + text.replace("'", "''") + "'"


def parse_trino_type(text: str) -> TrinoType:
    """Take a type name apart.

    Args:
        text: For example `decimal(12,8)` or `array(row(a integer, "b c" varchar(3)))`.

    Raises:
        ValueError: If the text is no type name.
    """
    tokens = _TOKEN.findall(text)
    parsed, rest = _parse(tokens)
    if rest:
        raise ValueError(f"not a Trino type: {text!r}")
    return parsed


def _parse(tokens: list[str]) -> tuple[TrinoType, list[str]]:
    words: list[str] = []
    numbers: tuple[int, ...] = ()
    parts: tuple[tuple[str | None, TrinoType], ...] = ()
    while tokens and tokens[0] not in (",", ")"):
        token, tokens = tokens[0], tokens[1:]
        if token != "(":  # noqa: S105  # a token of the type's text
            words.append(token.lower())
            continue
        if words[0] in ("array", "map", "row"):
            parts, tokens = _parse_parts(tokens, named=words[0] == "row")
        else:
            numbers, tokens = _parse_numbers(tokens)
    if not words:
        raise ValueError("a type name is missing")
    return TrinoType(" ".join(words), numbers, parts), tokens


def _parse_numbers(tokens: list[str]) -> tuple[tuple[int, ...], list[str]]:
    end = tokens.index(")")
    return tuple(int(token) for token in tokens[:end] if token != ","), tokens[end + 1 :]  # noqa: S105


def _parse_parts(
    tokens: list[str], *, named: bool
) -> tuple[tuple[tuple[str | None, TrinoType], ...], list[str]]:
    parts: list[tuple[str | None, TrinoType]] = []
    while True:
        name: str | None = None
        # A row field without a name is followed at once by the end of the field, a named one by
        # its type. `timestamp with time zone` without a name reads like a named field; Trino
        # quotes names that could be mistaken for types.
        if named and len(tokens) > 1 and tokens[1] not in (",", ")", "("):
            name, tokens = tokens[0], tokens[1:]
            if name.startswith('"'):
                name = name[1:-1].replace('""', '"')
        part, tokens = _parse(tokens)
        parts.append((name, part))
        if not tokens:
            raise ValueError("a type's closing parenthesis is missing")
        separator, tokens = tokens[0], tokens[1:]
        if separator == ")":
            return tuple(parts), tokens
