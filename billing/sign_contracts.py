"""Sign contracts: from their first day on, the month's run bills them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.contract.contract import (
    Contract,
    ContractLine,
    NewContract,
    check_leases,
    check_terms,
    leases_of,
)
from billing.contract.unit import unit_code
from billing.contract_life_queries import amendments_of
from billing.contract_versions import as_of_version
from billing.lease_queries import held_assets, leases_of_assets
from billing.queries import AT_ONCE, lines_of
from billing.tables import ContractLineRecord, ContractRecord
from billing.vat import check_buyer, check_rate
from lifecycle.actor import Actor
from lifecycle.record_audit import Change, record_changes
from lifecycle.tables import CustomerRecord
from telemetry.find_meters import latest_meters
from telemetry.identity import new_id
from telemetry.meter import MeterVersion
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

ROWS_AT_ONCE = 2_000


class ContractDiffers(Refusal):
    """A contract of that code or id was signed before, on other terms."""


class UnknownParty(Refusal):
    """The contract names a customer or an asset that we do not have."""


class NotAMeter(Refusal):
    """The contract bills by a meter that we do not have."""


class OtherCurrency(Refusal):
    """The contract is in another currency than the tenant's first one."""


class Signed(NamedTuple):
    """What was signed now, and what had been signed before on the same terms."""

    new: list[ContractRecord]
    unchanged: list[ContractRecord]


def sign_contracts(session: Session, contracts: Sequence[NewContract], *, now: datetime, by: Actor) -> Signed:
    """Sign all or none. A contract signed before on the same terms changes nothing, on other terms it is refused.

    Moves no asset and bills nothing. Raises ContractDiffers, UnknownParty, NotAMeter, OtherCurrency, WrongTerms,
    LeasedTwice, UnknownZone, WrongRate, BuyerWithoutVatNumber and NoUnitCode.
    """
    before = _signed_before(session, contracts)
    unchanged = [_same(before[key], contract) for contract in contracts if (key := _key(before, contract))]
    fresh = [contract for contract in contracts if not _key(before, contract)]
    customers = _customers(session, fresh)
    assets = held_assets(session, [line.asset_id for contract in fresh for line in contract.lines])
    meters = latest_meters(session)
    currency = session.exec(select(ContractRecord.currency).limit(1)).first()

    for contract in fresh:
        check_terms(contract)
        _check_parties(contract, customers, assets)
        _check_meters(contract, meters)
        currency = _check_currency(contract, currency)
    check_leases([*leases_of_assets(session, assets), *(lease for contract in fresh for lease in leases_of(contract))])

    records = [_record(contract, tenant_id=tenant_of(session), now=now) for contract in fresh]
    _save(session, records, fresh)
    record_changes(session, [_signing(contract) for contract in fresh], now=now, by=by)
    return Signed(records, unchanged)


class _Before(NamedTuple):
    record: ContractRecord
    terms: Contract
    lines: list[ContractLine]


def _signed_before(session: Session, contracts: Sequence[NewContract]) -> dict[str, _Before]:
    """Give what was signed under these codes or ids, by code and by id; what was amended since is another matter."""
    by_code = _in_chunks(
        session,
        [c.code for c in contracts],
        lambda some: select(ContractRecord).where(col(ContractRecord.code).in_(some)),
    )
    by_id = _in_chunks(
        session,
        [c.id for c in contracts if c.id],
        lambda some: select(ContractRecord).where(col(ContractRecord.id).in_(some)),
    )
    records = {record.id: record for record in (*by_code, *by_id)}
    lines, amended = lines_of(session, records), amendments_of(session, records)
    signed = {one.id: as_of_version(one, lines[one.id], amended.get(one.id, []), 1) for one in records.values()}
    return {
        key: _Before(record, terms, _line_values(held))
        for record in records.values()
        for terms, held in [signed[record.id]]
        for key in (record.code, str(record.id))
    }


def _key(before: dict[str, _Before], contract: NewContract) -> str | None:
    return next((key for key in (str(contract.id), contract.code) if key in before), None)


def _same(before: _Before, contract: NewContract) -> ContractRecord:
    """Give the contract signed before if it is this very one. Raises ContractDiffers."""
    same_id = contract.id in {None, before.record.id}
    if same_id and _value(before.terms) == _value(contract) and before.lines == _line_values(contract.lines):
        return before.record
    sentence = f"contract {before.record.code} was signed on other terms; to change it, amend it"
    raise ContractDiffers(sentence, field="code", contract_id=str(before.record.id))


def _value(contract: Contract) -> Contract:
    return Contract.model_validate(contract.model_dump(include=set(Contract.model_fields)))


def _line_values(lines: Iterable[ContractLine]) -> list[ContractLine]:
    values = [ContractLine.model_validate(line.model_dump(include=set(ContractLine.model_fields))) for line in lines]
    return sorted(values, key=lambda line: (line.asset_id, line.starts_on))


def _customers(session: Session, contracts: Sequence[NewContract]) -> dict[UUID, CustomerRecord]:
    wanted = [contract.customer_id for contract in contracts]
    found = _in_chunks(session, wanted, lambda some: select(CustomerRecord).where(col(CustomerRecord.id).in_(some)))
    return {customer.id: customer for customer in found}


def _check_parties(contract: NewContract, customers: dict[UUID, CustomerRecord], assets: set[UUID]) -> None:
    customer = customers.get(contract.customer_id)
    if customer is None:
        sentence = f"contract {contract.code} names customer {contract.customer_id}, whom we do not know"
        raise UnknownParty(sentence, field="customer_id")
    check_rate(contract.vat_category, contract.vat_rate)
    check_buyer(contract.vat_category, customer.vat_number)
    for position, line in enumerate(contract.lines):
        if line.asset_id not in assets:
            sentence = f"line {position + 1} of {contract.code} names asset {line.asset_id}, which we do not have"
            raise UnknownParty(sentence, field=f"lines.{position}.asset_id")


def _check_meters(contract: NewContract, meters: Mapping[str, MeterVersion]) -> None:
    for position, line in enumerate(contract.lines):
        if line.meter is None:
            continue
        if line.meter not in meters:
            sentence = (
                f"line {position + 1} of {contract.code} bills by {line.meter[:60]!r}, which is no meter; "
                f"there are {', '.join(meters) or 'none yet'}"
            )
            raise NotAMeter(sentence, field=f"lines.{position}.meter")
        unit_code(meters[line.meter].unit)


def _check_currency(contract: NewContract, currency: str | None) -> str:
    """Keep a tenant to one currency, so that the sums of a run mean something."""
    if currency not in {None, contract.currency}:
        sentence = f"contract {contract.code} is in {contract.currency}, but yours are in {currency}"
        raise OtherCurrency(sentence, field="currency")
    return contract.currency


def _record(contract: NewContract, *, tenant_id: int, now: datetime) -> ContractRecord:
    own = {"tenant_id": tenant_id, "id": contract.id or new_id(), "signed_at": now}
    return ContractRecord.model_validate(_value(contract), update=own)


def _save(session: Session, records: Sequence[ContractRecord], contracts: Sequence[NewContract]) -> None:
    rows = (
        {**line.model_dump(), "id": line.id or new_id(), "tenant_id": record.tenant_id, "contract_id": record.id}
        for record, contract in zip(records, contracts, strict=True)
        for line in contract.lines
    )
    try:
        session.add_all(records)
        session.flush()
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            session.execute(insert(ContractLineRecord), batch)
    except IntegrityError as clash:
        sentence = "a contract or a line with this code or id was signed at the same moment; look before you sign again"
        raise ContractDiffers(sentence, field="code") from clash


def _signing(contract: NewContract) -> Change:
    return Change("contract-signed", f"contract {contract.code}", None, contract.model_dump(mode="json"))


def _in_chunks(
    session: Session, keys: Iterable[Any], query: Callable[[list[Any]], SelectOfScalar[Any]]
) -> Iterator[Any]:
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), AT_ONCE):
        yield from session.exec(query(wanted[start : start + AT_ONCE]))
