"""How a command speaks: one JSON document or a table on stdout, progress and errors on stderr, an honest exit code."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pas.refusals import problem
from telemetry.refusal import Refusal

P = ParamSpec("P")
T = TypeVar("T")

out = Console()
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
TenantSlug = Annotated[str | None, typer.Option("--tenant", help="Which tenant; needed where there are several.")]


class InvalidValue(Refusal):
    """A value that a command was given is not of the form that it must have."""


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
        except ValidationError as error:
            _tell(_invalid(error), as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(1) from error
        except Refusal as refusal:
            _tell(refusal, as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(1) from refusal

    return wrapped


def _tell(refusal: Refusal, *, as_json: bool) -> None:
    if as_json:
        print_json(problem(refusal))
    err.print("[bold red]refused[/]: ", end="")
    err.print(refusal.sentence, highlight=False, markup=False)


def _invalid(error: ValidationError) -> InvalidValue:
    """Say in one sentence which values of a command are wrong, and why."""
    faults = {".".join(str(step) for step in fault["loc"]): fault["msg"] for fault in error.errors()}
    sentence = "; ".join(f"{field}: {message}" for field, message in faults.items())
    return InvalidValue(sentence, field=next(iter(faults)))


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr; call what is given with how many more are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, advance=done)
