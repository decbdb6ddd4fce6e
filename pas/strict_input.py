"""What no request may hold: NUL, half characters, NaN and numbers beyond 64 bits, which no database keeps alike."""

import json
import math
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from telemetry.refusal import Refusal

_LARGEST = 2**63 - 1


class UnreadableInput(Refusal):
    """The input holds something that cannot be kept as it is."""


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    async def json(self) -> Any:
        """Read the body as JSON.

        Raises UnreadableInput, and JSONDecodeError as ever.
        """
        if not hasattr(self, "_json"):
            self._json = await run_in_threadpool(read_json, await self.body())
        return self._json


def read_json(body: bytes) -> Any:
    """Read JSON as the standard has it: no NaN, no infinite or huge numbers, no NUL, no half surrogates.

    Raises UnreadableInput.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInput("the body is not UTF-8 text", field="body") from error
    try:
        read = json.loads(text, parse_constant=_no_number, parse_float=_float, parse_int=_integer)
    except RecursionError as error:
        raise UnreadableInput("the body is nested too deeply", field="body") from error
    if "\\u" in text or "\x00" in text:
        check_text(read, where="body")
    return read


def check_text(value: Any, *, where: str) -> None:
    """Refuse text, also inside lists and objects, that holds NUL or half a character.

    Raises UnreadableInput.
    """
    if isinstance(value, str):
        _check(value, where)
    elif isinstance(value, dict):
        for key, inside in value.items():
            _check(key, where)
            check_text(inside, where=f"{where}.{key}")
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            check_text(inside, where=f"{where}.{number}")


def _check(text: str, where: str) -> None:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise UnreadableInput("text may not hold NUL or half a character (a lone surrogate)", field=where)


def _no_number(word: str) -> float:
    sentence = f"{word} is no number"
    raise UnreadableInput(sentence, field="body")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise UnreadableInput("a number is too large", field="body")
    return number


def _integer(digits: str) -> int:
    if len(digits) > len(str(_LARGEST)) + 1 or not -_LARGEST - 1 <= int(digits) <= _LARGEST:
        raise UnreadableInput("a whole number goes beyond 64 bits", field="body")
    return int(digits)
