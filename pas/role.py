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
