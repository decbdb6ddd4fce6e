"""Any invoice is judged as the official rules judge it, and a hostile one is refused without harm."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from billing.einvoice.frames import Asked, Judged
from billing.einvoice.judge import NoPeppolRules, judge, rules_in
from billing.einvoice.rules_process import NotJudged, RulesProcess
from billing.einvoice.safe_xml import MOST_BYTES, UnsafeXml, read_xml
from billing.einvoice.schematron import UnknownSchematron, stylesheet
from billing.einvoice.verdict import Severity
from tests.conftest import Pas

_TEST_SET = "{http://difi.no/xsd/vefa/validator/1.0}"
_INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"


@pytest.fixture(scope="module")
def rules() -> Iterator[RulesProcess]:
    with RulesProcess() as process:
        yield process


@pytest.fixture
def billing_data(shared_data: Path) -> Path:
    return shared_data / "billing"


@pytest.fixture
def peppol(billing_data: Path) -> Path:
    return rules_in(billing_data / "peppol-bis-3.0.19")


@pytest.mark.parametrize("by_mock", [False, True])
def test_each_case_is_judged_as_officially_and_what_the_law_forbids_is_refused_by_us(
    billing_data: Path,
    peppol: Path,
    rules: RulesProcess,
    by_mock: bool,  # noqa: FBT001 - two ways
) -> None:
    expected = json.loads((billing_data / "einvoice-cases" / "expected.json").read_text())
    for name, official in expected.items():
        document = (billing_data / "einvoice-cases" / f"{name}.xml").read_bytes()
        verdict = judge(document, rules=rules, peppol=None if by_mock else peppol)

        ours = [rule for rule in verdict.rules(Severity.FATAL) if rule.startswith("PAS-")]
        assert sorted({*verdict.rules(Severity.FATAL)} - {*ours}) == sorted(set(official["fatal"])), name
        assert verdict.rules(Severity.WARNING) == sorted(set(official["warning"])), name
        assert verdict.accepted == name.startswith("ok-"), name
        assert bool(ours) == name.startswith("legal-"), name


@pytest.mark.parametrize(
    ("folders", "with_peppol", "documents"),
    [
        (("cen-en16931-1.3.16/Invoice-unit-UBL", "cen-en16931-1.3.16/CreditNote-unit-UBL"), False, 1131),
        (("peppol-bis-3.0.19/unit-UBL-PEPPOL",), True, 221),
    ],
    ids=["CEN", "Peppol"],
)
def test_the_official_unit_tests_agree_in_full(
    billing_data: Path,
    peppol: Path,
    rules: RulesProcess,
    folders: tuple[str, ...],
    with_peppol: bool,  # noqa: FBT001 - which rules
    documents: int,
) -> None:
    agreed, differing = 0, []
    for file in sorted(file for folder in folders for file in (billing_data / folder).iterdir()):
        for test in etree.parse(str(file)).getroot().iter(f"{_TEST_SET}test"):
            document = next(part for part in test if isinstance(part.tag, str) and part.tag != f"{_TEST_SET}assert")
            judged = rules.judge(Asked(etree.tostring(document), str(peppol) if with_peppol else None, rules_only=True))
            if _as_told(test, judged):
                agreed += 1
            else:
                differing.append(f"{file.name} line {test.sourceline}")
    assert differing == []
    assert agreed == documents


def _as_told(test: etree._Element, judged: Judged) -> bool:
    """Hold what a unit test expects of rules against what they found."""
    broken = {(told.rule, told.severity) for told in judged.told}
    expected = {
        word: [str(one.text).strip() for one in test.iter(f"{_TEST_SET}{word}")]
        for word in ("success", "error", "warning")
    }
    return (
        not {rule for rule, _ in broken} & {*expected["success"]}
        and all((rule, "fatal") in broken for rule in expected["error"])
        and all((rule, "warning") in broken for rule in expected["warning"])
    )


_HOSTILE = {
    "entity of a file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Invoice>&a;</Invoice>',
    "entities of entities": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><Invoice>&b;</Invoice>',
    "schema from elsewhere": b'<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/x.dtd"><Invoice/>',
    "empty": b"",
    "no XML": b"%PDF-1.7",
    "cut off": b"<Invoice><a>",
    "unknown encoding": b'<?xml version="1.0" encoding="klingon"?><Invoice/>',
    "too deep": b"<a>" * 5000 + b"</a>" * 5000,
    "NUL": b"<Invoice>\0</Invoice>",
    "another document": b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>',
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_what_is_hostile_or_no_invoice_is_refused_unread(rules: RulesProcess, name: str) -> None:
    verdict = judge(_HOSTILE[name], rules=rules, peppol=None)

    assert not verdict.accepted
    assert [one.rule.partition("-")[0] for one in verdict.findings] == ["PAS"]


def test_what_is_too_large_is_not_read() -> None:
    with pytest.raises(UnsafeXml, match="at most"):
        read_xml(b"<a>" + b" " * MOST_BYTES + b"</a>")


@given(cut=st.integers(0, 6000), put=st.binary(max_size=12), data=st.data())
@settings(deadline=None, max_examples=30)
def test_a_document_harmed_anywhere_gets_a_verdict(
    rules: RulesProcess, cut: int, put: bytes, data: st.DataObject
) -> None:
    whole = _WHOLE.encode()
    cut = cut % len(whole)
    harmed = whole[:cut] + put + whole[cut + data.draw(st.integers(0, 40)) :]

    verdict = judge(harmed, rules=rules, peppol=None)
    assert not verdict.accepted
    assert verdict.rules(Severity.FATAL)


_WHOLE = f"""<Invoice xmlns="{_INVOICE}"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:ID>7</cbc:ID><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
 <cac:AccountingSupplierParty><cac:Party><cac:PartyTaxScheme><cbc:CompanyID>BE0403019261</cbc:CompanyID>
 <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:Party></cac:AccountingSupplierParty>
 <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">2.11</cbc:TaxAmount><cac:TaxSubtotal>
 <cbc:TaxableAmount currencyID="EUR">10.00</cbc:TaxableAmount><cbc:TaxAmount currencyID="EUR">2.11</cbc:TaxAmount>
 <cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>21</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
 </cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal></Invoice>"""


def test_vat_of_a_belgian_seller_is_rounded_on_the_total_and_nowhere_else(rules: RulesProcess) -> None:
    wrong = judge(_WHOLE.encode(), rules=rules, peppol=None)
    right = judge(_WHOLE.replace("2.11", "2.10").encode(), rules=rules, peppol=None)
    abroad = judge(_WHOLE.replace("BE0403019261", "FR40303265045").encode(), rules=rules, peppol=None)

    assert ["PAS-VAT-ON-SUM" in one.rules(Severity.FATAL) for one in (wrong, right, abroad)] == [True, False, False]


def test_rules_that_end_the_process_are_asked_again_and_then_given_up(
    rules: RulesProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rules._process is not None
    os.kill(rules._process.process.pid, signal.SIGKILL)
    assert not judge(_WHOLE.encode(), rules=rules, peppol=None).accepted

    monkeypatch.setattr("billing.einvoice.rules_process._COMMAND", ("/bin/false",))
    with RulesProcess() as broken, pytest.raises(NotJudged):
        judge(_WHOLE.encode(), rules=broken, peppol=None)


def test_a_document_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.einvoice.rules_process._COMMAND", ("/bin/sleep", "60"))
    with RulesProcess(within=0.2) as slow, pytest.raises(NotJudged):
        slow.judge(Asked(b"<a/>"))


def test_rules_that_we_could_not_run_whole_are_not_run(tmp_path: Path) -> None:
    with pytest.raises(UnknownSchematron, match="report"):
        stylesheet(
            b'<schema xmlns="http://purl.oclc.org/dsdl/schematron"><pattern><rule context="/"><report test="1"/></rule>'
            b"</pattern></schema>"
        )
    with pytest.raises(NoPeppolRules):
        rules_in(tmp_path)


def test_within_a_pattern_the_first_rule_that_fits_judges(rules: RulesProcess, tmp_path: Path) -> None:
    (tmp_path / "PEPPOL-EN16931-UBL.sch").write_text(
        '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><pattern>'
        '<rule context="a[@x]"><assert id="R1" flag="fatal" test="@x = 1">x is <value-of select="@x"/></assert></rule>'
        '<rule context="a"><assert id="R2" flag="warning" test="false()">no x</assert></rule></pattern>'
        '<pattern><rule context="*"><let name="n" value="count(*)"/>'
        '<assert id="R3" flag="fatal" test="$n &lt; 3">too many</assert></rule></pattern></schema>'
    )
    judged = rules.judge(Asked(b'<r><a x="1"/><a x="2"/><a/></r>', str(tmp_path), rules_only=True))

    found = [told for told in judged.told if told.rule.startswith("R")]
    assert [(one.rule, one.severity, one.where) for one in found] == [
        ("R1", "fatal", "/r[1]/a[2]"), ("R2", "warning", "/r[1]/a[3]"), ("R3", "fatal", "/r[1]"),
    ]  # fmt: skip
    assert found[0].message == "x is 2"


def test_the_command_tells_the_verdict_and_its_exit_code(pas: Pas, billing_data: Path, tmp_path: Path) -> None:
    cases = billing_data / "einvoice-cases"
    accepted = pas("einvoice", "check", str(cases / "ok-01-fixed-plus-hours.xml"), "--json")
    refused = pas("einvoice", "check", str(cases / "bad-04-downtime-credit-negative-price.xml"), "--json")
    (tmp_path / "x.xml").write_bytes(_HOSTILE["entity of a file"])
    hostile = pas("einvoice", "check", str(tmp_path / "x.xml"))
    absent = pas("einvoice", "check", str(tmp_path / "none.xml"))

    assert (accepted.exit_code, json.loads(accepted.stdout)["accepted"]) == (0, True)
    assert (refused.exit_code, json.loads(refused.stdout)["fatal"]) == (1, ["BR-27"])
    assert hostile.exit_code == 1
    assert "PAS-XML-DOCTYPE" in hostile.stdout
    assert absent.exit_code == 1
    assert "no such file" in " ".join(absent.stderr.split())
