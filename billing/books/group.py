"""What the tables of the books are told apart by, and which tables the VAT listing has."""

from enum import StrEnum


class By(StrEnum):
    """What a table is told apart by."""

    ALL = "all"
    CUSTOMER = "customer"
    PRODUCT = "product"
    CONTRACT = "contract"
    COMPONENT = "component"


class VatTable(StrEnum):
    """A table of the VAT listing."""

    ROWS = "rows"
    SUMS = "sums"
    GRIDS = "grids"
    CUSTOMERS = "customers"
    INTRA_COMMUNITY = "intra_community"
