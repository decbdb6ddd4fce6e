"""A role is what a person may do; a table of role by operation, and deny by default."""

from enum import StrEnum


class Role(StrEnum):
    """Who a person is to the tenant."""

    ADMINISTRATOR = "administrator"
    FLEET_MANAGER = "fleet_manager"
    TECHNICIAN = "technician"
    FINANCE = "finance"
    CUSTOMER = "customer"
    """A contact of one customer: sees only that customer's assets, alerts and invoices."""
    DEVICE = "device"
    """A machine that delivers readings of its own assets, and nothing else."""

    @property
    def sees_money(self) -> bool:
        """Tell who mends things from those to whom it matters what they cost."""
        return self is not Role.TECHNICIAN


def may_give(role: Role) -> frozenset[Role]:
    """Give the roles that a person's key may have: never a wider one than the person's own."""
    if role is Role.ADMINISTRATOR:
        return frozenset({Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.FINANCE})
    if role is Role.FLEET_MANAGER:
        return frozenset({Role.FLEET_MANAGER, Role.TECHNICIAN})
    return frozenset({role})
