"""Who is asking: a person, a program with a person's key, or a device."""

from typing import NamedTuple
from uuid import UUID

from lifecycle.actor import Actor
from pas.role import Role


class Caller(NamedTuple):
    """Who is asking, for which tenant, and how far they see."""

    tenant_id: int
    actor: Actor
    role: Role
    language: str = "en"
    customer_id: UUID | None = None
    """Set for a customer's contact: only this customer's assets, alerts, contracts and invoices exist for them."""
    asset_ids: frozenset[UUID] | None = None
    """Set for a device: the only assets it may speak for."""
    person_id: UUID | None = None
    """The person behind a login or a key; None for a device."""
    session_id: UUID | None = None
    """The login by which a person came; None for keys and devices."""
