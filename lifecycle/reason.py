"""A reason is why we concluded something: which rule, in which version, from what, with which effect."""

from typing import Any

from sqlmodel import SQLModel


class Reason(SQLModel):
    """One machine-readable step towards a conclusion.

    `code` names the sentence that `pas` shows in the reader's language, filled with `inputs`;
    `effect` is its signed share in the unit of the conclusion (points, days, money), None where it only explains.
    """

    model_config = {"extra": "forbid"}

    code: str
    rule: str
    inputs: dict[str, Any] = {}
    effect: float | None = None
