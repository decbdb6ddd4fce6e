"""The manual of the file doors, written from the very declarations that read the files."""

from collections.abc import Sequence

from pas.exchange.column import Column
from pas.exchange.kinds import KINDS
from pas.exchange.reading_columns import ABOUT, COLUMNS

_HEAD = """# Import and export

    pas import KIND FILE [--dry-run] [--refused FILE] [--json]
    pas export KIND FILE [--json]

The ending of the file's name tells its format: `.csv`, `.csv.gz`, `.xlsx` or `.parquet`. Over HTTP:
`POST /api/v1/imports/KIND?dry_run=true` (a multipart field `file`) and `GET /api/v1/exports/KIND.csv`.
An empty house is filled in this order: materials, products, parts, sites, customers, assets, contracts,
inspections, sales, opinions, readings.

**What happens to a row.** Each row of the file is *new*, *changed* (each field before and after is shown),
*unchanged*, or *refused* (row as your spreadsheet numbers it, column, value, why, what would be right); the four add
up to all rows. Good rows go in, refused ones do not; `--refused FILE` writes those as csv with the reason, to be
mended and sent again. The same file again changes nothing. `--dry-run` does all of it and then undoes it.
The exit code is 0 if anything could be taken or all was there already, 1 if not.

**What is understood.** UTF-8, UTF-16 and Windows-1252; commas, semicolons, tabs or bars between cells; headings in
any case, in the languages listed below; `1.234,56` and `1,234.56`; dates as `2026-05-04`, `4.5.2026`, spreadsheet
dates, bare years (their 1 July); `n/a`, `-`, `?` for a missing number or date. Whether `1.234` is a thousand or one
and a bit, and whether `4/5/2026` is in April or May, is told by the whole column; where it is not, the cell is refused
with both meanings. Codes such as `007` stay as they are. Texts that a spreadsheet would run as a formula leave behind
an apostrophe, which an import takes away again.

**Empty and missing.** A column that the file does not have stays as it is in the house; an empty cell of a column that
it has means the default (but leaves the status and the birth of a registered asset alone). `--missing 0` says that 0
means "not known" in this file's numbers.

**Saying what a file does not say.** `--dates dmy` or `mdy`, `--zone Europe/Brussels` for moments that name no zone (UTC
otherwise), `--source NAME` for sales and readings (the file's own name otherwise).

**Readings** are taken in batches of 200,000, each in a transaction of its own (over HTTP the whole file in one): an
import that was killed is completed by running it again, and nothing is stored twice. Doubtful readings (an unknown
asset, a wrong unit, a value beyond what is plausible) go into quarantine with the reason, where they can be seen. With
a column a metric, say which is which:

    pas import readings room.csv --asset room-1 --metric temperature=ambient_temperature:degC --metric co2=co2

**Contracts** have one row a line; the rows of one code are signed together or not at all, and a contract that is
signed is not changed by a file. **Inspections** are added, never rewritten. Of a registered **asset** a file may change
the site, the holder, the place and the status; `since` tells from when on.

**Limits.** 512 MiB unpacked and 1,000,000 rows a file, a sheet of 25,000,000 cells; readings 100,000,000 rows.

A column in **bold** must be there.
"""


def manual() -> str:
    """Write the manual."""
    parts = [_HEAD]
    parts += [
        _section(kind.name, f"{kind.about} Known by {' and '.join(kind.key)}.", kind.columns) for kind in KINDS.values()
    ]
    parts.append(_section("readings", ABOUT, COLUMNS))
    return "\n".join(parts)


def _section(name: str, about: str, columns: Sequence[Column]) -> str:
    rows = [_row(column) for column in columns]
    return "\n".join(
        [f"## {name}", "", about, "", "| column | holds | meaning | also called |", "|---|---|---|---|", *rows, ""]
    )


def _row(column: Column) -> str:
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    wide = f"; or columns `{column.prefix}…`" if column.prefix else ""
    return f"| {name} | {column.cell.wants}{wide} | {column.about} | {', '.join(column.also)} |"
