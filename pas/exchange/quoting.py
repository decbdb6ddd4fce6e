"""Texts that a spreadsheet would run as a formula leave us behind an apostrophe, and lose it when they come back."""

import re

_STARTS_FORMULA = r"[=+\-@\t\r＝＋－＠]"
_HARMFUL = re.compile(f"'*{_STARTS_FORMULA}")
_QUOTED = re.compile(f"'+{_STARTS_FORMULA}")


def quoted(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run.

    >>> quoted("=1+1"), quoted("plain"), quoted("'=1")
    ("'=1+1", 'plain', "''=1")
    """
    return f"'{text}" if _HARMFUL.match(text) else text


def unquoted(text: str) -> str:
    """Undo `quoted`, exactly.

    >>> unquoted("'=1+1"), unquoted("'s-Hertogenbosch"), unquoted("=1")
    ('=1+1', "'s-Hertogenbosch", '=1')
    """
    return text[1:] if _QUOTED.match(text) else text
