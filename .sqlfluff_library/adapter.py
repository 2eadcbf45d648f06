"""dbt's adapter as sqlfluff sees it: the linter runs without dbt, and knows no engine's macros."""

from collections.abc import Callable


def dispatch(macro: str, *_: str) -> Callable[..., str]:
    """Something of the shape of what the macro gives."""
    return {"words_of": _words, "last_of_each_day": _relation}.get(macro, _expression)


def _words(relation: str, text: str, columns: list[str]) -> str:
    return f"(select {', '.join(columns)}, {text} as word from {relation})"


def _relation(relation: str, _: list[str]) -> str:
    return f"(select * from {relation})"


def _expression(*arguments: str) -> str:
    return f"coalesce({', '.join(arguments)})"
