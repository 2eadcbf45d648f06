"""dbt's dispatch as sqlfluff sees it: any function of the arguments serves the linter."""

from collections.abc import Callable


def dispatch(name: str, package: str) -> Callable[..., str]:
    """What a dispatched macro would give: a query on a relation, or an expression."""
    if name == "words_of":
        return words_of
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"


def words_of(relation: str, text: str, columns: list[str]) -> str:
    """A query in brackets, as the macro gives."""
    return f"(select {', '.join(columns)}, {text} as word from {relation})"
