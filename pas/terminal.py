"""How a command speaks: one JSON document or a table on stdout, progress and errors on stderr, an honest exit code."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pas.faults import in_words
from pas.refusals import problem
from telemetry.refusal import Refusal

P = ParamSpec("P")
T = TypeVar("T")

out = Console(width=None if sys.stdout.isatty() else 120)
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
TenantSlug = Annotated[str | None, typer.Option("--tenant", help="Which tenant; needed where there are several.")]


class InvalidValue(Refusal):
    """A value that a command was given is not of the form that it must have."""


class UnusableFile(Refusal):
    """A file or folder cannot be read or written."""


class UnusableDatabase(Refusal):
    """The database does not answer, or is none of ours."""


def in_a_folder(file: Path | None) -> Path | None:
    """Refuse a file that cannot be made, before any work is done for it."""
    if file is not None and not file.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {file.parent}")
    return file


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, default=_plain, ensure_ascii=False, indent=2) + "\n")


def print_table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows under their keys as headings."""
    table = Table(title=title, title_justify="left")
    for heading in rows[0] if rows else ("nothing",):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row.values()))
    out.print(table)


def refuses(command: Callable[P, T]) -> Callable[P, T]:
    """Turn a refusal into its sentence on stderr (with --json: its problem document on stdout) and exit code 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except Exception as error:
            refusal = _refusal_of(error)
            if refusal is None:
                raise
            _tell(refusal, as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(1) from error

    return wrapped


def _refusal_of(error: Exception) -> Refusal | None:
    """Say in words what a command met; None where it is nothing that we foresaw."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        return UnusableFile(f"{error.filename or 'a file'}: {(error.strerror or str(error)).lower()}", field="file")
    return _of_the_database(error)


def _of_the_database(error: Exception) -> Refusal | None:
    from sqlalchemy.exc import ArgumentError, DBAPIError  # noqa: PLC0415 - heavy, and only for what went wrong

    if isinstance(error, ArgumentError):
        return UnusableDatabase("PAS_DATABASE_URL is no address of a database such as postgresql://user@host/name")
    if isinstance(error, DBAPIError):
        cause = " ".join(str(error.orig).split())
        return UnusableDatabase(f"the database does not do what we ask: {cause}; see PAS_DATABASE_URL and PAS_HOME")
    return None


def _tell(refusal: Refusal, *, as_json: bool) -> None:
    if as_json:
        print_json(problem(refusal))
    err.print("[bold red]refused[/]: ", end="")
    err.print(refusal.sentence, highlight=False, markup=False)


def _invalid(error: ValidationError) -> InvalidValue:
    """Say in one sentence which values of a command are wrong, and why."""
    faults = {".".join(str(step) for step in fault["loc"]): in_words(fault) for fault in error.errors()}
    sentence = "; ".join(f"{field}: {message}" for field, message in faults.items())
    return InvalidValue(sentence, field=next(iter(faults)))


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr; call what is given with how many more are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, advance=done)
