"""What people type in fields: one spelling for one thing, and no character that the eye cannot see."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator

from telemetry.refusal import Refusal

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
_LINE_ENDS = frozenset("\n\r\t")


class UnfitText(Refusal, ValueError):
    """A text holds something that cannot be seen, stored or told apart."""


def line(text: str) -> str:
    """Give a name or other single line in one spelling (NFC), without blanks around it.

    >>> line(" Café ")
    'Café'
    """
    spelled = unicodedata.normalize("NFC", text).strip()
    _refuse_unseen(spelled, allowed=frozenset())
    return spelled


def name(text: str) -> str:
    """Give a name that is really there; see `line`."""
    spelled = line(text)
    if not spelled:
        raise UnfitText("a name must hold at least one character that is no blank")
    return spelled


def note(text: str) -> str:
    """Give a note of several lines; only what cannot be stored or would turn the reading order round is refused."""
    spelled = unicodedata.normalize("NFC", text).strip()
    _refuse_unseen(spelled, allowed=_LINE_ENDS | _JOINERS)
    return spelled


def label(text: str) -> str:
    """Give a code or serial number as it can be read aloud: one line, one script, plain forms only.

    >>> label(" FT-0017 ")
    'FT-0017'
    >>> label("ВT-0017")
    Traceback (most recent call last):
    lifecycle.label.UnfitText: 'ВT-0017' mixes CYRILLIC and LATIN letters, which look alike; use one script
    """
    spelled = name(text)
    if unicodedata.normalize("NFKC", spelled) != spelled:
        raise UnfitText(f"{spelled!r} holds a decorated form of a plain character; type the plain one")
    scripts = sorted({unicodedata.name(sign, "?").split()[0] for sign in spelled if sign.isalpha()})
    if len(scripts) > 1 and {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"} & set(scripts):
        raise UnfitText(f"{spelled!r} mixes {' and '.join(scripts)} letters, which look alike; use one script")
    return spelled


def _refuse_unseen(text: str, *, allowed: frozenset[str]) -> None:
    for place, sign in enumerate(text, start=1):
        if unicodedata.category(sign) in _UNSEEN and sign not in allowed:
            sentence = f"character {place} (U+{ord(sign):04X}) cannot be seen or stored; type the text anew without it"
            raise UnfitText(sentence)


Label = Annotated[str, AfterValidator(label)]
"""Type of a code or serial number."""
Name = Annotated[str, AfterValidator(name)]
"""Type of a name."""
Line = Annotated[str, AfterValidator(line)]
"""Type of a single line that may be empty."""
Note = Annotated[str, AfterValidator(note)]
"""Type of a text of several lines that may be empty."""
