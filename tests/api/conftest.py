"""The contract of those who look at its life and its clauses."""

from tests.api.leased_contract import leased, november

__all__ = ["leased", "november"]
