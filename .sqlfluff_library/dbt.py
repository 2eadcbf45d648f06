"""dbt's cross-database macros as sqlfluff sees them: the linter runs without dbt."""


def dateadd(part: str, interval: int, moment: str) -> str:
    """DuckDB and Trino both read the standard form."""
    return f"{moment} + interval '{interval}' {part}"


def listagg(measure: str, delimiter: str, order: str) -> str:
    """Any aggregate of the same shape serves the linter."""
    return f"array_join(array_agg({measure} {order}), {delimiter})"


def datediff(first: str, second: str, part: str) -> str:
    """As DuckDB and Trino both write it."""
    return f"date_diff('{part}', {first}, {second})"
