"""Running the code of a Python model, and telling its author where it failed."""

import linecache
import sys
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import duckdb
from dbt_common.exceptions import DbtRuntimeError

_DBT_PART = "<added by dbt>"
_PACKAGE = str(Path(__file__).parent)


def _is_internal(filename: str) -> bool:
    return filename == _DBT_PART or filename.startswith(_PACKAGE)


class Inputs(Protocol):
    """What a Python model reads."""

    def read(self, relation: str) -> duckdb.DuckDBPyRelation:
        """Return a relation, named as in SQL."""

    def attach(self, relation: str) -> None:
        """Make a relation known to the session under its own name."""


class ModelCode:
    """The compiled code of one Python model, tied to the file its author wrote."""

    def __init__(
        self, name: str, file: str, raw_code: str, compiled_code: str, first_line: int
    ) -> None:
        """Remember the code.

        Args:
            name: Of the model.
            file: The model's file as messages show it, relative to the dbt project.
            raw_code: The author's code.
            compiled_code: The author's code followed by what dbt adds.
            first_line: Line of the file, from 1, on which the author's code begins; dbt strips
                blank lines before it.
        """
        self.name = name
        self.file = file
        compiled_code = compiled_code.strip("\n")
        if not compiled_code.startswith(raw_code):  # a macro of the project has changed it
            raw_code = compiled_code
        # Blank lines in front make every line number of the code one of the file.
        self._author_part = "\n" * (first_line - 1) + raw_code + "\n"
        self._dbt_part = compiled_code[len(raw_code) :] + "\n"

    @contextmanager
    def module(self) -> Iterator[ModuleType]:
        """Execute the code as a module that exists only inside the `with` block.

        Raises:
            DbtRuntimeError: If the code raises. The message names file and line.
        """
        module = ModuleType(f"dbt_python_model_{uuid.uuid4().hex}")
        module.__file__ = self.file
        lines = self._author_part.splitlines(keepends=True)
        # Tracebacks take their lines from here: the file may change while the model runs.
        linecache.cache[self.file] = (len(self._author_part), None, lines, self.file)
        # Dataclasses and pickle look the module of a class up by its name.
        sys.modules[module.__name__] = module
        try:
            with self.errors_explained():
                exec(compile(self._author_part, self.file, "exec"), module.__dict__)  # noqa: S102  # the user's own model
                exec(compile(self._dbt_part, _DBT_PART, "exec"), module.__dict__)  # noqa: S102  # the user's own model
            yield module
        finally:
            del sys.modules[module.__name__]

    @contextmanager
    def errors_explained(self) -> Iterator[None]:
        """Turn any error of the block into a dbt error that names the model's own line.

        Raises:
            DbtRuntimeError: For every exception. dbt's own errors keep their message.
        """
        try:
            yield
        except Exception as error:
            raise DbtRuntimeError(self._explanation(error)) from error

    def _explanation(self, error: Exception) -> str:
        formatted = traceback.TracebackException.from_exception(error)
        formatted.stack = traceback.StackSummary.from_list(
            [frame for frame in formatted.stack if not _is_internal(frame.filename)]
        )
        # The innermost line of the model; what it called may be deep in a library.
        own = [frame for frame in formatted.stack if frame.filename == self.file]
        where = f"Python model {self.name} failed in {self.file}"
        if own:
            where += f", line {own[-1].lineno}:\n    {(own[-1].line or '').strip()}"
        if isinstance(error, DbtRuntimeError):
            # Of Trino or of this adapter: it says what to do, and its frames tell nothing.
            return f"{where}\n{error.msg}"
        return f"{where}\n{type(error).__name__}: {error}\n\n{''.join(formatted.format())}"

    def run(self, module: ModuleType, inputs: Inputs, session: duckdb.DuckDBPyConnection) -> Any:
        """Call the model.

        Args:
            module: From `module()`.
            inputs: Reads what `dbt.ref()`, `dbt.source()` and `dbt.this` stand for.
            session: The model's second argument.

        Returns:
            What the model returned.

        Raises:
            DbtRuntimeError: If the model raises. The message names file and line.
        """
        with self.errors_explained():
            dbt = module.dbtObj(inputs.read)
            if dbt.is_incremental:
                dbt.this = _readable(dbt.this, inputs)
            return module.model(dbt, session)


def _readable(this: Any, inputs: Inputs) -> Any:
    """Let `session.sql(f"... from {dbt.this}")` read the table, as it does where dbt is DuckDB."""
    kind: Any = type(this)

    class Readable(kind):  # type: ignore[misc]  # the class is in the compiled code
        is_attached = False

        def __repr__(self) -> str:
            name: str = super().__repr__()
            if not self.is_attached:
                self.is_attached = True
                inputs.attach(name)
            return name

    return Readable()


def first_line_of(project_root: str, file: str) -> int:
    """Return the line, from 1, of a model's file on which its code begins.

    Args:
        project_root: Folder of the dbt project that holds the model.
        file: Relative to the project.
    """
    try:
        text = Path(project_root, file).read_text(encoding="utf-8")
    except OSError:
        return 1  # the model is generated, or of a package somewhere else
    blank = text[: len(text) - len(text.lstrip())]
    return blank.count("\n") + 1
