"""A write-down is proposed by a report and decided by a person, once, with a reason; values are never written up."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from telemetry.refusal import Refusal


class AlreadyDecided(Refusal):
    """Somebody decided on this write-down before."""


class Verdict(StrEnum):
    """What a person says of a proposal."""

    APPROVED = "approved"
    REFUSED = "refused"


class WriteDownDecision(BaseModel):
    """What is said of a proposal, and why."""

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    reason: str = Field(min_length=3, max_length=2000)
