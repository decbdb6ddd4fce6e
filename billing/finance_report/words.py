"""What the report says, in Dutch, French and English."""

import json
from functools import cache
from pathlib import Path

from telemetry.refusal import Refusal

LANGUAGES = ("nl", "fr", "en")
_FILE = Path(__file__).with_suffix(".json")


class UnknownLanguage(Refusal):
    """A language in which no report is written."""


@cache
def words(language: str) -> dict[str, str]:
    """Give every word in one language. Raises UnknownLanguage."""
    if language not in LANGUAGES:
        raise UnknownLanguage(f"{language[:20]!r} is none of {', '.join(LANGUAGES)}", field="language")
    entries = json.loads(_FILE.read_text(encoding="utf-8"))
    return {key: told[language] for key, told in entries.items()}


def heading(language: str, name: str) -> str:
    """Name a column."""
    return words(language).get(name, name)
