"""dbt's dispatch as sqlfluff sees it: anything of the same shape serves the linter."""

from collections.abc import Callable

# Macros that give a query in brackets, and not an expression.
QUERIES = frozenset({"last_of_each_day", "words_of"})


def dispatch(name: str, package: str) -> Callable[..., str]:  # noqa: ARG001 - the adapter's signature
    """What a dispatched macro would give."""
    if name in QUERIES:
        return lambda relation, *_: f"(select * from {relation})"
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"
