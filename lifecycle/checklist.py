"""A checklist is what to look at on a product: questions by component, in versions, and when an answer is a fault."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self
from uuid import UUID

from pydantic import AwareDatetime, FiniteFloat, StringConstraints, model_validator
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel

from lifecycle.grade import GRADES
from lifecycle.inspection import Component, Grade, Inspection, MetricCode, QuestionName
from lifecycle.label import Line
from lifecycle.product import Product
from telemetry.unit import names

Language = Annotated[str, StringConstraints(pattern="^(nl|fr|en)$")]
Words = dict[Language, Annotated[Line, StringConstraints(min_length=1, max_length=500)]]
"""A text in each language."""
YES, NO = "yes", "no"


class AnswerKind(StrEnum):
    """What kind of answer a question wants."""

    GRADED = "graded"
    MEASURED = "measured"
    YES_NO = "yes_no"
    TEXT = "text"
    PHOTO = "photo"


class Item(SQLModel):
    """One question of a checklist, about one component.

    A graded one may word all its grades. A measured one names its metric and the unit it is read in, the values that
    can be (`minimum`, `maximum`) and those beyond which it has failed. `fails_at` is the grade at which, or the answer
    with which, it has failed. `weight` is the component's share in the condition.
    """

    model_config = {"extra": "forbid"}

    name: QuestionName
    component: Component
    kind: AnswerKind = AnswerKind.GRADED
    weight: FiniteFloat = Field(default=1, gt=0, le=1e6)
    question: Words = Limits(min_length=1)
    grades: dict[Grade, Words] = {}
    metric: MetricCode | None = None
    unit: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    minimum: FiniteFloat | None = None
    maximum: FiniteFloat | None = None
    fails_below: FiniteFloat | None = None
    fails_above: FiniteFloat | None = None
    required: bool = False
    fails_at: str | None = Field(default=None, schema_extra={"pattern": "^([A-E]|yes|no)$"})

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        """Refuse what does not belong to the kind of answer, and a measured value without metric or unit."""
        measures = (self.metric, self.unit, self.minimum, self.maximum, self.fails_below, self.fails_above)
        if self.kind is AnswerKind.MEASURED:
            if self.metric is None or self.unit is None:
                raise ValueError("a measured answer needs its metric and the unit it is read in")
            if self.unit not in names():
                msg = f"the unit {self.unit!r} is none we know"
                raise ValueError(msg)
            if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
                raise ValueError("the minimum lies above the maximum")
        elif any(told is not None for told in measures):
            raise ValueError("metric, unit and limits belong to measured answers only")
        if self.grades and self.kind is not AnswerKind.GRADED:
            raise ValueError("worded grades belong to graded answers only")
        if self.grades and set(self.grades) != set(GRADES):
            raise ValueError("word all five grades, A to E, or none")
        fails = {AnswerKind.GRADED: "ABCDE", AnswerKind.YES_NO: (YES, NO)}.get(self.kind, ())
        if self.fails_at is not None and self.fails_at not in fails:
            raise ValueError("`fails_at` is a grade A to E of a graded answer, or the answer yes or no")
        return self


class NewChecklist(SQLModel):
    """A new version of a product's checklist; in force from a moment, now where left out."""

    model_config = {"extra": "forbid"}

    items: Annotated[list[Item], Limits(min_length=1, max_length=200)]
    valid_from: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        """Refuse two questions of one name, and two grades for one component: a component has one grade."""
        for what, named in (
            ("questions are named", [item.name for item in self.items]),
            ("questions grade", [item.component for item in self.items if item.kind is AnswerKind.GRADED]),
        ):
            if twice := next((name for place, name in enumerate(named) if name in named[:place]), None):
                msg = f"two {what} {twice}"
                raise ValueError(msg)
        return self


class Checklist(NamedTuple):
    """A version of a product's checklist. Version 0 is what the product itself says, where no version was made."""

    product_id: UUID
    version: int
    valid_from: datetime | None
    items: tuple[Item, ...]

    @property
    def components(self) -> set[str]:
        """Give the components it asks about."""
        return {item.component for item in self.items}


class Failure(NamedTuple):
    """An item that failed: what was found, and the limit it was held against."""

    name: str
    component: str
    found: str
    limit: str


def of_product(product_id: UUID, product: Product) -> Checklist:
    """Give the checklist that a product says itself: one graded question a component."""
    rows = product.checklist
    names = unique_names(str(row["component"]) for row in rows)
    items = [Item.model_construct(**_told(row), name=name) for row, name in zip(rows, names, strict=True)]
    return Checklist(product_id, 0, None, tuple(items))


def graded_items(items: Iterable[Item]) -> list[dict[str, Any]]:
    """Give the graded questions in the form in which a product holds them."""
    return [
        {"component": item.component, "weight": item.weight, "question": dict(item.question)}
        | ({"fails_at": item.fails_at} if item.fails_at else {})
        for item in items
        if item.kind is AnswerKind.GRADED
    ]


def unique_names(texts: Iterable[str]) -> list[str]:
    """Make of any texts names that a form may bear, each once.

    >>> unique_names(["Lamp (links)", "lamp links", "3e wiel", "灯"])
    ['lamp_links', 'lamp_links_2', 'q_3e_wiel', 'q']
    """
    given: list[str] = []
    for text in texts:
        bare = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^a-z0-9]+", "_", bare).strip("_")[:50]
        stem = stem if stem[:1].isalpha() else f"q_{stem}".strip("_")
        tries = (stem if number == 1 else f"{stem}_{number}" for number in range(1, len(given) + 2))
        given.append(next(name for name in tries if name not in given))
    return given


def missing(items: Sequence[Item], inspection: Inspection) -> list[str]:
    """Give the names of the required questions that an inspection leaves open; photos come after it."""
    return [item.name for item in items if item.required and not _answered(item, inspection)]


def failures(
    items: Sequence[Item], inspection: Inspection, *, converted: Mapping[tuple[str, str, str], float]
) -> list[Failure]:
    """Give what failed of a checklist; `converted` holds measured values by component, metric and unit."""
    found = (_failure(item, inspection, converted) for item in items)
    return [failure for failure in found if failure is not None]


def _failure(item: Item, inspection: Inspection, converted: Mapping[tuple[str, str, str], float]) -> Failure | None:
    if item.kind is AnswerKind.GRADED and item.fails_at:
        grade = inspection.grades.get(item.component)
        if grade is not None and grade >= item.fails_at:
            return Failure(item.name, item.component, grade, item.fails_at)
    if item.kind is AnswerKind.YES_NO and item.fails_at:
        answer = inspection.answers.get(item.name)
        if isinstance(answer, bool) and answer is (item.fails_at == YES):
            return Failure(item.name, item.component, item.fails_at, item.fails_at)
    if item.kind is AnswerKind.MEASURED:
        return _beyond(item, converted.get((item.component, str(item.metric), str(item.unit))))
    return None


def _beyond(item: Item, value: float | None) -> Failure | None:
    limit = None
    if value is not None and item.fails_below is not None and value < item.fails_below:
        limit = item.fails_below
    if value is not None and item.fails_above is not None and value > item.fails_above:
        limit = item.fails_above
    if limit is None:
        return None
    return Failure(item.name, item.component, f"{value:g} {item.unit}", f"{limit:g} {item.unit}")


def _answered(item: Item, inspection: Inspection) -> bool:
    if item.kind is AnswerKind.GRADED:
        return item.component in inspection.grades
    if item.kind is AnswerKind.MEASURED:
        return any(one.component == item.component and one.metric == item.metric for one in inspection.measured)
    return item.kind is AnswerKind.PHOTO or item.name in inspection.answers


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a product's own item what we speak; a product may word its questions in other languages too."""
    question = {language: text for language, text in row["question"].items() if language in {"nl", "fr", "en"} and text}
    return {**row, "question": question or {"en": str(row["component"])}}
