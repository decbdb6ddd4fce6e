"""`pas einvoice`: electronic invoices of anybody, judged by the rules that make them legal."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pas.terminal import AsJson, out, print_json, print_table, refuses

if TYPE_CHECKING:
    from billing.einvoice.verdict import Verdict

app = typer.Typer(no_args_is_help=True, help="Electronic invoices, judged by the rules.")
_SCHEMA = "UBL-XSD"


@app.command("check")
@refuses
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An Invoice or CreditNote of UBL 2.1.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Judge an invoice by the UBL schema, EN 16931, Peppol BIS Billing 3.0 and the law.

    The Peppol rules lie in the folder PAS_PEPPOL_RULES; where it is not set, the package mock-einvoice stands in for
    them, and the verdict says so. Exit 0: accepted. Exit 1: refused, or it could not be judged.
    """
    from billing.einvoice.judge import judge, rules_in
    from billing.einvoice.rules_process import RulesProcess
    from pas.settings import settings

    folder = settings().peppol_rules
    with RulesProcess() as rules:
        verdict = judge(file.read_bytes(), rules=rules, peppol=None if folder is None else rules_in(folder))
    if as_json:
        print_json(_document(verdict))
    else:
        _show(verdict)
    if not verdict.accepted:
        raise typer.Exit(1)


def _document(verdict: "Verdict") -> dict[str, Any]:
    from billing.einvoice.verdict import Severity

    return {
        "accepted": verdict.accepted,
        "kind": verdict.kind,
        "number": verdict.number,
        "sha256": verdict.sha256,
        "xsd_errors": [f"{one.where}: {one.message}" for one in verdict.findings if one.rule == _SCHEMA],
        "fatal": [rule for rule in verdict.rules(Severity.FATAL) if rule != _SCHEMA],
        "warning": verdict.rules(Severity.WARNING),
        "findings": [one._asdict() for one in verdict.findings],
        "rule_sets": [one._asdict() for one in verdict.rule_sets],
    }


def _show(verdict: "Verdict") -> None:
    if verdict.findings:
        print_table("Broken rules", [one._asdict() for one in verdict.findings])
    sets = ", ".join(f"{one.name} {one.version}" for one in verdict.rule_sets)
    said = "accepted" if verdict.accepted else "REFUSED"
    out.print(f"{verdict.kind or 'document'} {verdict.number} {said} by {sets}", highlight=False, markup=False)
