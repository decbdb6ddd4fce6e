"""A rule of alerts and its record: why it is there, what happens if nobody acts, who should do what; its figures."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import StringConstraints, field_validator
from sqlmodel import Field, SQLModel

from lifecycle.alert import AlertKind, AlertPriority
from lifecycle.assumed import assumed
from lifecycle.label import Note
from telemetry.columns import Json, worded
from telemetry.refusal import Refusal

_FIGURES = Path(__file__).with_name("alert_rules.json")
_MOST_DAYS = 60


class Responder(StrEnum):
    """Who may be told of an alert: the contacts of whoever holds the thing, or people of the operator's by role."""

    CUSTOMER = "customer"
    FLEET_MANAGER = "fleet_manager"
    TECHNICIAN = "technician"
    ADMINISTRATOR = "administrator"


class Stage(StrEnum):
    """Whether a rule is heard."""

    AUTO = "auto"
    """In the shadow until it has proved itself on such things, then heard."""
    LIVE = "live"
    """Heard: somebody answers for that."""
    SHADOW = "shadow"
    """Counted, and told to nobody."""


class RuleCode(StrEnum):
    """The rules there are."""

    WEAR = "wear"
    ENVIRONMENT = "environment"
    MISUSE = "misuse"
    SENSOR = "sensor"
    UNKNOWN_PATTERN = "unknown_pattern"
    UNEXPLAINED = "unexplained"


_WITH_LEVELS = frozenset({RuleCode.WEAR, RuleCode.ENVIRONMENT, RuleCode.MISUSE})


class CrossedLevels(Refusal):
    """What would raise an alert would clear it too."""


class NobodyToTell(Refusal):
    """A rule tells the wrong ones."""


class AlertTerms(SQLModel):
    """The rationalisation record of a rule, and its figures.

    `cause`, `consequence` and `response` are the tenant's own words; empty ones leave ours. `limit` raises and `clear`
    clears: of wear they are days left, of the environment deadbands beyond the rating, of misuse multiples of the
    rating; of what is unexplained `limit` is the days since it was seen. Delays count days of the readings' own clock.
    `tell` names who hears it, `owner` who should act within `respond_within_days`; on `review_on` somebody should ask
    whether the rule is still worth its noise.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    cause: Annotated[Note, StringConstraints(max_length=1000)] = Field(default="", max_length=1000)
    consequence: Annotated[Note, StringConstraints(max_length=1000)] = Field(default="", max_length=1000)
    response: Annotated[Note, StringConstraints(max_length=1000)] = Field(default="", max_length=1000)
    priority: AlertPriority = Field(default=AlertPriority.MEDIUM, sa_type=worded(AlertPriority))
    owner: Responder = Field(default=Responder.FLEET_MANAGER, sa_type=worded(Responder))
    tell: list[Responder] = Field(min_length=1, sa_type=Json)
    limit: float = Field(ge=-1e6, le=1e6)
    clear: float = Field(ge=-1e6, le=1e6)
    clear_points: float = Field(default=0.0, ge=0, le=100)
    on_delay_days: int = Field(default=0, ge=0, le=_MOST_DAYS)
    off_delay_days: int = Field(default=0, ge=0, le=_MOST_DAYS)
    respond_within_days: int = Field(default=14, ge=0, le=366)
    review_on: date | None = None
    stage: Stage = Field(default=Stage.AUTO, sa_type=worded(Stage))
    active: bool = True

    @field_validator("tell")
    @classmethod
    def _each_once(cls, told: list[Responder]) -> list[Responder]:
        return list(dict.fromkeys(told))


class RuleInForce(SQLModel):
    """A rule as it stands: its code, its version (0 is ours, before anybody changed it), and what it says."""

    code: RuleCode
    version: int = 0
    terms: AlertTerms

    @property
    def name(self) -> str:
        """Give the name that an alert keeps of it, such as `wear/3`."""
        return f"{self.code.value}/{self.version}"

    @property
    def kind(self) -> AlertKind:
        """Tell what sort of alert it raises."""
        return AlertKind(figures()[self.code.value]["kind"])

    @property
    def action(self) -> str:
        """Name what should be done."""
        return str(figures()[self.code.value]["action"])


Rules = Mapping[RuleCode, RuleInForce]


def figures() -> dict[str, Any]:
    """Give the figures that come with the program; each group says why in words."""
    return assumed(_FIGURES)


@cache
def our_rules() -> Rules:
    """Give the rules as they are before anybody changes them.

    >>> our_rules()[RuleCode.WEAR].terms.limit
    60.0
    """
    known = set(AlertTerms.model_fields)
    return {
        code: RuleInForce(
            code=code,
            terms=AlertTerms.model_validate({k: v for k, v in figures()[code.value].items() if k in known}),
        )
        for code in RuleCode
    }


def heard(stage: Stage, kind: AlertKind, *, class_days: float, outcomes: int) -> bool:
    """Tell whether an alert is heard, or only counted: a forecast must have proved itself on things of its class.

    >>> heard(Stage.AUTO, AlertKind.WEAR, class_days=400, outcomes=29)
    False
    >>> heard(Stage.AUTO, AlertKind.SENSOR, class_days=0, outcomes=0)
    True
    """
    if stage is not Stage.AUTO or kind is AlertKind.SENSOR:
        return stage is not Stage.SHADOW
    shadow = figures()["shadow"]
    proved = kind is not AlertKind.WEAR or outcomes >= shadow["outcomes"]
    return bool(proved and class_days >= shadow["days"])


def rule_named(name: str, kind: AlertKind) -> RuleCode:
    """Give the rule behind the name that an alert keeps; alerts of before rules had versions go by their kind.

    >>> rule_named("misuse/3", AlertKind.MISUSE).value
    'misuse'
    """
    code = name.partition("/")[0]
    return RuleCode(code) if code in set(RuleCode) else RuleCode(kind.value)


def check(code: RuleCode, terms: AlertTerms) -> None:
    """See that a rule can be heard by somebody and that what raises an alert does not clear it too.

    Raises CrossedLevels and NobodyToTell.
    """
    gap = terms.clear - terms.limit if code is RuleCode.WEAR else terms.limit - terms.clear
    if code in _WITH_LEVELS and gap <= 0:
        side = "above" if code is RuleCode.WEAR else "below"
        sentence = (
            f"an alert must clear {side} the level that raises it; `clear` is {terms.clear:g}, `limit` {terms.limit:g}"
        )
        raise CrossedLevels(sentence, field="clear")
    if code is RuleCode.SENSOR and Responder.CUSTOMER in (*terms.tell, terms.owner):
        raise NobodyToTell("what measures is the operator's own matter; leave the customer out of `tell`", field="tell")
