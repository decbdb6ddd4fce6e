"""Sets pages: data that is ready to print, on one of our sheets, as a PDF that is the same for the same data."""

import json
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from lifecycle.typst_gateway import typeset_for_archives

Sheet = Literal["report.typ", "value.typ"]


def press(sheet: Sheet, shown: dict[str, Any], *, day: date) -> bytes:
    """Set one document, dated noon of its day; a plain PDF where the archival one cannot hold its signs."""
    stamp = datetime.combine(day, time(12), tzinfo=UTC)
    told = {"shown": json.dumps(shown, ensure_ascii=False)}
    return typeset_for_archives(f"billing/finance_report/{sheet}", told, stamp=stamp)
