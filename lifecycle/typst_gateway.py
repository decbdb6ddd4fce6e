"""Sets pages: what is ready to print, on one of our sheets, as a PDF that is the same for the same input."""

import threading
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import cast

import typst

_KEPT = threading.local()


def typeset(sheet: str, shown: Mapping[str, str], *, stamp: datetime | None = None) -> bytes:
    """Set a sheet, named as `billing/document/invoice.typ`, as a plain PDF dated `stamp`. Raises typst.TypstError."""
    made = _typesetter(sheet).compile(format="pdf", sys_inputs=dict(shown), pdf_standards="1.7", timestamp=stamp)
    return cast("bytes", made)


def typeset_for_archives(sheet: str, shown: Mapping[str, str], *, stamp: datetime) -> bytes:
    """Set a sheet as PDF/A-3, and as a plain PDF where it holds text that no font of ours can show."""
    try:
        made = _typesetter(sheet).compile(format="pdf", sys_inputs=dict(shown), pdf_standards="a-3b", timestamp=stamp)
    except typst.TypstError:
        return typeset(sheet, shown, stamp=stamp)
    return cast("bytes", made)


def _typesetter(sheet: str) -> typst.Compiler:
    """Give this thread's own, which keeps its fonts and what pages have in common: three times as fast."""
    kept: dict[str, typst.Compiler] = _KEPT.__dict__
    if sheet not in kept:
        package, _, name = sheet.partition("/")
        kept[sheet] = typst.Compiler(str(files(package).joinpath(name)), ignore_system_fonts=True)
    return kept[sheet]
