"""A verdict on an electronic invoice: what is wrong with it by which rule, and by which rule sets it was judged."""

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """What a broken rule means."""

    FATAL = "fatal"
    """The document is refused."""
    WARNING = "warning"
    """The document is accepted all the same."""


class Finding(NamedTuple):
    """One rule that a document breaks: its published id, what it asks, and where in the document."""

    rule: str
    severity: Severity
    message: str
    where: str = ""


class RuleSet(NamedTuple):
    """A set of rules by which a document was judged, and its version."""

    name: str
    version: str


class Verdict(NamedTuple):
    """What a document was judged to be. `kind` is Invoice, CreditNote or empty, `number` its own."""

    kind: str
    number: str
    sha256: str
    findings: tuple[Finding, ...]
    rule_sets: tuple[RuleSet, ...]

    @property
    def accepted(self) -> bool:
        """Tell whether no fatal rule is broken and all rule sets spoke."""
        return bool(self.rule_sets) and not self.rules(Severity.FATAL)

    def rules(self, severity: Severity) -> list[str]:
        """Give the ids of the broken rules, each once, sorted."""
        return sorted({one.rule for one in self.findings if one.severity is severity})
