"""What the documents show of the forms is what can be sent."""

import re
from pathlib import Path
from typing import Any

import pytest

from telemetry.wire.forms import FORMS
from tests.telemetry.malformed import ARROW
from tests.telemetry.test_wire_equal import THREE
from tests.telemetry.wire_rows import read, rows_of

_PAGE = (Path(__file__).parents[2] / "docs" / "telemetry.md").read_text(encoding="utf-8")
_EXAMPLES = re.findall(r"^```([a-z]+/[a-z.+-]+)\n(.*?)^```$", _PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("media_type", "example"), _EXAMPLES)
def test_every_example_of_the_page_says_the_same_three_readings(media_type: str, example: str) -> None:
    assert rows_of(read(example, media_type)) == THREE


def test_the_arrow_of_the_page_says_the_same_three_readings() -> None:
    code = re.search(r"^```python\n(.*?)^```$", _PAGE, re.MULTILINE | re.DOTALL)
    assert code is not None
    said: dict[str, Any] = {}
    exec(code[1], said)  # noqa: S102 - our own page

    assert rows_of(read(said["body"], ARROW)) == THREE


def test_the_page_shows_every_form() -> None:
    assert {example for _, example in _EXAMPLES} == {form.example for form in FORMS if form.example}
    assert all(f"`{form.media_type}`" in _PAGE for form in FORMS)
