"""`pas db`: the schema."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pas.terminal import AsJson, in_a_folder, out, print_json, print_table, progress, refuses

if TYPE_CHECKING:
    from pas.backup import Backup
    from pas.db import Database

app = typer.Typer(no_args_is_help=True, help="The database: its schema, its health, its backups.")


@app.command()
@refuses
def upgrade(*, as_json: AsJson = False) -> None:
    """Bring the schema to this version; data stays."""
    from pas import schema

    with _configured() as database:
        before, after = schema.upgrade(database)
    if as_json:
        print_json({"before": before, "after": after})
    else:
        out.print(f"schema {after}, as it was" if before == after else f"schema {before or 'none'} -> {after}")


@app.command()
@refuses
def check(*, as_json: AsJson = False) -> None:
    """Check that the schema is of this version and the database whole; count every table."""
    from pas.check import check_database

    with _configured() as database:
        health = check_database(database)
    if as_json:
        print_json(health._asdict())
    else:
        print_table("database", [{"table": name, "rows": count} for name, count in health.rows.items()])
        out.print(f"schema {health.revision} of {health.head}; faults: {', '.join(health.faults) or 'none'}")
    if health.faults:
        raise typer.Exit(1)


@app.command()
@refuses
def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, callback=in_a_folder)], *, as_json: AsJson = False
) -> None:
    """Write every row, as one moment shows them, to FILE, and read it again."""
    from pas.backup import write_backup

    with _configured() as database, progress("backup", None) as tick:
        written = write_backup(database, file, tick=tick)
    _tell(written, f"backed up to {file}", as_json=as_json)


@app.command()
@refuses
def restore(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], *, as_json: AsJson = False) -> None:
    """Fill an empty database from FILE and prove it equal; otherwise nothing is kept."""
    from pas import schema
    from pas.backup import read_manifest, restore_backup

    total = sum(read_manifest(file).rows.values())
    with _configured() as database, progress("restore", total) as tick:
        schema.upgrade(database)
        restored = restore_backup(database, file, tick=tick)
    _tell(restored, f"restored from {file}, proved equal", as_json=as_json)


def _tell(backup: "Backup", sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(backup._asdict())
    else:
        print_table(sentence, [{"table": name, "rows": count} for name, count in backup.rows.items()])


def _configured() -> "Database":
    """Open the configured database as it is: these commands are there for one whose schema is not in place."""
    from pas.db import Database
    from pas.settings import settings

    return Database(settings().url, archive=settings().archive, photos=settings().photos)
