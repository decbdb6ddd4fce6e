"""Sets pages: data that is ready to print, on one of our sheets, as a PDF that is the same for the same data."""

import json
from datetime import UTC, date, datetime, time
from importlib.resources import files
from typing import Any, Literal, cast

import typst

Sheet = Literal["report.typ", "value.typ"]


def press(sheet: Sheet, shown: dict[str, Any], *, day: date) -> bytes:
    """Set one document, dated noon of its day; a plain PDF where the archival one cannot hold its signs."""
    stamp = datetime.combine(day, time(12), tzinfo=UTC)
    typesetter = typst.Compiler(str(files("billing").joinpath("finance_report", sheet)), ignore_system_fonts=True)
    told = {"shown": json.dumps(shown, ensure_ascii=False)}
    try:
        made = typesetter.compile(format="pdf", sys_inputs=told, pdf_standards="a-3b", timestamp=stamp)
    except typst.TypstError:
        made = typesetter.compile(format="pdf", sys_inputs=told, pdf_standards="1.7", timestamp=stamp)
    return cast("bytes", made)
