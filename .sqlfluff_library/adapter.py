"""dbt's adapter as sqlfluff sees it: to the linter one engine's macro is as good as another's."""

from collections.abc import Callable


def dispatch(macro: str, package: str) -> Callable[..., str]:
    """A macro that gives some expression of its arguments."""
    return lambda *arguments: f"coalesce({', '.join(arguments)})"
