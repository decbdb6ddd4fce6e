"""A table of what is asked for, passed as one parameter, so that a statement's text is the same however long it is."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, CTE, bindparam, column, func, select, type_coerce
from sqlalchemy.types import TypeEngine
from sqlmodel import Session


def asked_rows(session: Session, rows: Sequence[tuple[Any, ...]], **kinds: TypeEngine[Any]) -> CTE:
    """Make a table with a column of each name and kind, to be joined with.

    A long list of alternatives would be held against each row there is, and a long list of parameters is slow to read.
    """
    if session.get_bind().dialect.name == "sqlite":
        each = func.json_each(json.dumps(rows, default=date.isoformat)).table_valued("value")
        cells = [func.json_extract(each.c.value, f"$[{place}]") for place in range(len(kinds))]
        named = zip(cells, kinds.items(), strict=True)
        wanted = select(*(type_coerce(cell, kind).label(name) for cell, (name, kind) in named)).cte("wanted")
        return wanted.prefix_with("MATERIALIZED")  # else SQLite reads the list again for each row that there is
    columns = zip(*rows, strict=True) if rows else [()] * len(kinds)
    given = [
        bindparam(None, list(cells), type_=ARRAY(kind)) for cells, kind in zip(columns, kinds.values(), strict=True)
    ]
    table = func.unnest(*given).table_valued(*(column(name, kind) for name, kind in kinds.items())).render_derived()
    return select(*table.c).cte("wanted")
