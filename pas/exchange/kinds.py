"""Every kind that the doors know, in the order in which an empty house is filled."""

from pas.exchange.asset_rows import Assets
from pas.exchange.catalogue import CUSTOMERS, MATERIALS, PARTS, PRODUCTS, SITES
from pas.exchange.checklist_rows import Checklists
from pas.exchange.contract_rows import Contracts
from pas.exchange.index_rows import Indices
from pas.exchange.inspection_rows import Inspections
from pas.exchange.kind import Kind
from pas.exchange.opinion_rows import Opinions
from pas.exchange.sale_rows import Sales
from telemetry.refusal import Refusal

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        MATERIALS,
        PRODUCTS,
        PARTS,
        Checklists(),
        SITES,
        CUSTOMERS,
        Assets(),
        Contracts(),
        Indices(),
        Inspections(),
        Sales(),
        Opinions(),
    )
}
"""All kinds but readings, which come by the million and have their own doors."""

NAMES = (*KINDS, "readings")


class UnknownKind(Refusal):
    """No kind of that name goes in or out."""


def kind_named(name: str) -> Kind:
    """Find a kind. Raises UnknownKind."""
    if name not in KINDS:
        raise UnknownKind(f"{name[:60]!r} is no kind; kinds are {', '.join(sorted(NAMES))}", field="kind")
    return KINDS[name]


def refuse_unknown_kind(name: str) -> None:
    """Raise UnknownKind for a name that neither rows nor readings bear."""
    if name != "readings":
        kind_named(name)
