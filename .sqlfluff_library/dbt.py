"""dbt's cross-database macros as sqlfluff sees them: the linter runs without dbt."""


def dateadd(part: str, interval: int, moment: str) -> str:
    """DuckDB and Trino both read the standard form."""
    return f"{moment} + interval '{interval}' {part}"


def listagg(measure: str, delimiter: str, order: str) -> str:
    """Any aggregate of the same shape serves the linter."""
    return f"array_join(array_agg({measure} {order}), {delimiter})"


def date_trunc(part: str, moment: str) -> str:
    """The same on both engines."""
    return f"date_trunc('{part}', {moment})"


def hash(text: str) -> str:  # noqa: A001 - dbt calls it so
    """Any function of one argument serves the linter."""
    return f"md5({text})"
