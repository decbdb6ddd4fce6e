"""Say what is wrong with a value and what would be right, in the words of a person and not of a validator."""

import re
from collections.abc import Mapping
from typing import Any

_PATTERNS = {
    "^[A-E]$": "a grade from A (as new) to E (worn out)",
    "^[A-Z]{3}$": "a currency of three capitals, such as EUR",
    "^[A-Z]{2}$": "a country of two capitals, such as BE",
    "^(nl|fr|en)$": "nl, fr or en",
    "^[a-z][a-z0-9_]*$": "a code of small letters, digits and underscores, a letter first",
}
_SENTENCES = {
    "missing": "this must be given",
    "extra_forbidden": "this field is not known here",
    "greater_than": "this must be more than {gt}",
    "greater_than_equal": "this must be {ge} or more",
    "less_than": "this must be less than {lt}",
    "less_than_equal": "this must be {le} or less",
    "string_too_long": "this text is too long: at most {max_length} signs",
    "string_too_short": "this text is too short: at least {min_length} signs",
    "too_long": "these are too many: at most {max_length}",
    "too_short": "these are too few: at least {min_length}",
    "decimal_max_digits": "this has too many digits: at most {max_digits}",
    "decimal_whole_digits": "this has too many digits before the point: at most {whole_digits}",
    "decimal_max_places": "this has too many digits behind the point: at most {decimal_places}",
    "finite_number": "this is no finite number",
    "enum": "this word is not known; write {expected}",
    "literal_error": "this word is not known; write {expected}",
    "timezone_aware": "this moment needs its zone, such as 2026-05-04T10:00:00Z",
    "json_invalid": "this is no JSON",
}
_BEGINNINGS = (
    (r"(?:string_type|string_sub_type|string_unicode)", "this is no text"),
    (r"int_.*", "this is no whole number such as 12"),
    (r"(?:float|decimal)_.*", "this is no number such as 12.5"),
    (r"bool_.*", "this is neither true nor false"),
    (r"date_.*", "this is no date such as 2026-05-04"),
    (r"datetime_.*", "this is no moment such as 2026-05-04T10:00:00Z"),
    (r"uuid_.*", "this is no id such as 01a20714-e79f-7679-a514-07347050600e"),
    (r"(?:list|tuple|set)_.*", "this is no list"),
    (r"(?:dict|mapping|model|model_attributes|dataclass)_.*", "this has no fields of its own"),
)


def in_words(fault: Mapping[str, Any]) -> str:
    """Give the sentence for one fault that a validator found.

    >>> in_words({"type": "string_pattern_mismatch", "ctx": {"pattern": "^[A-E]$"}, "msg": "..."})
    'this must be a grade from A (as new) to E (worn out)'
    """
    sort = str(fault["type"])
    facts = {name: str(fact).removesuffix(".0") for name, fact in (fault.get("ctx") or {}).items()}
    if sort == "string_pattern_mismatch" and facts.get("pattern") in _PATTERNS:
        return f"this must be {_PATTERNS[facts['pattern']]}"
    if sort in _SENTENCES:
        return _SENTENCES[sort].format_map(facts)
    for form, sentence in _BEGINNINGS:
        if re.fullmatch(form, sort):
            return sentence
    return str(fault["msg"]).removeprefix("Value error, ")
