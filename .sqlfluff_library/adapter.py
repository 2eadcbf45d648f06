"""dbt's dispatch as sqlfluff sees it: any function of the arguments serves the linter."""

from collections.abc import Callable


def dispatch(name: str, package: str) -> Callable[..., str]:  # noqa: ARG001 - the adapter's signature
    """What a dispatched macro would give."""
    return lambda *arguments: f"{name}({', '.join(arguments)})"
