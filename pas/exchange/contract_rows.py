"""Contracts as files: one row a line; the rows of one code are one contract, signed or refused as a whole."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import MappingProxyType

from sqlmodel import Session, select

from billing.contract.charging import FeeTiming, NegativeMonth, ZeroUse
from billing.contract.contract import Contract, ContractLine, NewContract, NewContractLine, Proration, VatCategory
from billing.contract.tariff import PLAIN, Tariff
from billing.sign_contracts import sign_contracts
from billing.tables import ContractLineRecord, ContractRecord
from lifecycle.actor import Actor
from lifecycle.queries import assets_by_reference
from lifecycle.tables import CustomerRecord
from pas.exchange.asset_names import all_public_ids, name_assets
from pas.exchange.cell import Choice, Nested, Text
from pas.exchange.column import Column, Row
from pas.exchange.day import Day
from pas.exchange.draft import Draft, checked
from pas.exchange.kind import Blame, Kind, Options, codes_by_id, fields_of, found, ids_by_code
from pas.exchange.number import Amount, Whole
from telemetry.refusal import Refusal

_LINE_COLUMNS = {"asset_id": "asset", "starts_on": "line_starts_on", "ends_on": "line_ends_on"}
_LINE = {"asset", "line_starts_on", "line_ends_on", "monthly_fee", "meter", "unit_price", "allowance", "tariff"}


class Contracts(Kind):
    """Contracts. A line is known by its contract, its asset and its first day."""

    name = "contracts"
    about = "Who uses which assets, on which terms; one row a line."
    key = ("code", "asset", "line_starts_on")
    together = "code"
    column_of = MappingProxyType({"customer_id": "customer", "lines": "asset"})
    columns = (
        Column(
            "code",
            Text(),
            "the contract's code; its rows make one contract",
            ("contract", "contract_code", "contrat", "vertrag"),
            required=True,
        ),
        Column(
            "customer", Text(), "code of the customer", ("klant", "client", "kunde", "customer_code"), required=True
        ),
        Column("currency", Text(case=str.upper), "ISO 4217, EUR where left out", ("munt", "devise")),
        Column("zone", Text(), "IANA time zone whose days are billed", ("time_zone", "tijdzone", "fuseau")),
        Column("starts_on", Day(), "first day", ("start", "van", "début", "beginn"), required=True),
        Column("ends_on", Day(), "first day no longer in it; open where left out", ("end", "tot", "fin", "ende")),
        Column("proration", Choice(Proration), "how a part of a month is charged"),
        Column("vat_category", Choice(VatCategory), "VAT category of EN 16931", ("btw_categorie",)),
        Column("vat_rate", Amount(), "VAT in per cent", ("vat", "btw", "tva")),
        Column("payment_days", Whole(), "days to pay", ("betaaltermijn", "délai_de_paiement")),
        Column("order_reference", Text(), "the customer's own reference", ("reference", "po", "referentie")),
        Column("every_months", Whole(), "months of a period: 1, 3, 6 or 12", ("billing_period", "periode_maanden")),
        Column("every_weeks", Whole(), "weeks of a period, 1 to 4, in place of months", ("periode_weken",)),
        Column(
            "anchor_on",
            Day(),
            "a day on which a period begins; where left out a 1 January, of weeks a Monday",
            ("ankerdag",),
        ),
        Column("fee_timing", Choice(FeeTiming), "when fees are billed", ("facturatie",)),
        Column("zero_use", Choice(ZeroUse), "what no use owes of a first tier with a flat fee"),
        Column("negative_month", Choice(NegativeMonth), "what becomes of a month that credits more than it charges"),
        Column("late_months", Whole(), "so many months back late readings are still billed"),
        Column("minimum", Amount(), "at least so much for each period of the contract", ("minimum_contract",)),
        Column("maximum", Amount(), "at most so much for each period of the contract", ("maximum_contract",)),
        Column(
            "asset",
            Text(),
            "public identifier or serial number",
            ("serial", "toestel", "appareil", "asset_id"),
            required=True,
        ),
        Column("line_starts_on", Day(), "first day of the line; the contract's where left out", ("line_start",)),
        Column("line_ends_on", Day(), "first day no longer in the line; the contract's where left out", ("line_end",)),
        Column("monthly_fee", Amount(), "per month", ("fee", "maandprijs", "loyer", "huur", "monatsmiete")),
        Column("meter", Text(), "code of the meter that is billed", ("teller", "compteur")),
        Column("unit_price", Amount(), "per unit of that counter", ("eenheidsprijs", "prix_unitaire")),
        Column(
            "allowance", Amount(), "units that the fee includes, for as long as use is counted together", ("forfait",)
        ),
        Column("tariff", Nested(Tariff), "tiers, packages, bounds, discounts and quantities of the line"),
    )

    def identify(self, session: Session, drafts: Sequence[Draft], options: Options) -> None:
        """Find the assets; a line begins and ends with its contract where it does not say otherwise."""
        name_assets(session, drafts)
        for draft in drafts:
            draft.given["line_starts_on"] = draft.given.get("line_starts_on") or draft.given["starts_on"]
            draft.given["line_ends_on"] = draft.given.get("line_ends_on") or draft.given.get("ends_on")
        super().identify(session, drafts, options)

    def stored(self, session: Session) -> Iterable[Row]:
        """Give all lines, by contract, asset and first day."""
        contracts = {contract.id: contract for contract in session.exec(select(ContractRecord))}
        customers, publics = codes_by_id(session, CustomerRecord), all_public_ids(session)
        rows = [
            self._row(
                contracts[line.contract_id],
                line,
                customers[contracts[line.contract_id].customer_id],
                publics[line.asset_id],
            )
            for line in session.exec(select(ContractLineRecord))
        ]
        yield from sorted(rows, key=lambda row: tuple(str(row[name]) for name in self.key))

    def _row(self, contract: Contract, line: ContractLine, customer: str, asset: str) -> Row:
        days = {"line_starts_on": line.starts_on, "line_ends_on": line.ends_on}
        tariff = {"tariff": None if line.tariff == PLAIN else line.tariff}
        return self.plain(
            fields_of(line, self.columns)
            | fields_of(contract, self.columns)
            | days
            | tariff
            | {"customer": customer, "asset": asset}
        )

    def decide(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Hold each row against the classes of contract and line; rows of one contract agree on its terms."""
        customers = ids_by_code(session, CustomerRecord)
        assets = assets_by_reference(session, {draft.after["asset"] for draft in drafts})
        terms: dict[str, Draft] = {}
        for draft in drafts:
            customer = found(draft, "customer", customers, of="customer")
            if customer is None:
                continue
            facts = {name: fact for name, fact in draft.after.items() if name not in _LINE | {"customer"}}
            contract = checked(draft, Contract, facts | {"customer_id": customer}, column_of=self.column_of)
            line = checked(
                draft,
                NewContractLine,
                _line_facts(draft.after) | {"asset_id": assets[draft.after["asset"]]},
                column_of=_LINE_COLUMNS,
            )
            if contract is not None and line is not None:
                draft.value = (contract, line)
                draft.after = self._row(contract, line, draft.after["customer"], draft.after["asset"])
                _refuse_other_terms(draft, terms.setdefault(contract.code, draft))

    def blame(self, refusal: Refusal, drafts: Sequence[Draft]) -> Blame:
        """Find the row of the line at fault; call an asset as the file calls it."""
        field, asset_id = refusal.field or "", str(refusal.facts.get("asset_id", ""))
        for draft in drafts:
            if asset_id == str(draft.value[1].asset_id):
                return Blame("asset", refusal.sentence.replace(asset_id, draft.after["asset"]), draft)
        line = re.fullmatch(r"lines\.([0-9]+)\.(\w+)", field)
        if line is None:
            return super().blame(refusal, drafts)
        return Blame(_LINE_COLUMNS.get(line[2], line[2]), refusal.sentence, drafts[int(line[1])])

    def write(self, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> None:
        """Sign them."""
        lines: dict[str, list[NewContractLine]] = {}
        frames: dict[str, Contract] = {}
        for draft in drafts:
            contract, line = draft.value
            frames[contract.code] = contract
            lines.setdefault(contract.code, []).append(line)
        signed = [NewContract(**frame.model_dump(), lines=lines[code]) for code, frame in frames.items()]
        sign_contracts(session, signed, now=now, by=by)


def _line_facts(row: Row) -> Row:
    own = {name: row.get(name) for name in ("monthly_fee", "meter", "unit_price", "allowance", "tariff")}
    return own | {"starts_on": row["line_starts_on"], "ends_on": row.get("line_ends_on")}


def _refuse_other_terms(draft: Draft, first: Draft) -> None:
    """Let the rows of one contract say the same about it."""
    for name in draft.after.keys() - _LINE:
        if draft.after[name] != first.after[name]:
            why = "the rows of one contract say different things about it"
            draft.refuse(name, draft.after[name], why, f"row {first.row} says {first.after[name]}")
