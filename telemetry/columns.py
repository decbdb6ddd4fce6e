"""Column types that keep their meaning on SQLite and on PostgreSQL alike."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from sqlalchemy import JSON, DateTime, Dialect, Enum, Numeric, String
from sqlalchemy.types import TypeDecorator, TypeEngine

Json = JSON(none_as_null=True)
"""A JSON document kept letter for letter, never JSONB: that rewrites numbers and order, and hashes would break.

Python None is SQL NULL.
"""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored and returned in UTC. A naive one is refused with ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """Name the type of a value; SQLAlchemy does not look through a decorator."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC; SQLite keeps it without its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"a moment needs its zone, {value.isoformat()} has none"
            raise ValueError(msg)
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back an aware moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal number kept digit for digit: NUMERIC on PostgreSQL, text on SQLite.

    Text does not sort or add up as a number, so never compare or sum such a column in SQL.
    """

    impl = Numeric
    cache_ok = True

    @property
    def python_type(self) -> type[Decimal]:
        """Name the type of a value; SQLAlchemy does not look through a decorator."""
        return Decimal

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the storage type."""
        return dialect.type_descriptor(String(40) if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Refuse what is no finite number; keep the digits."""
        if value is None:
            return None
        exact = Decimal(value)
        if not exact.is_finite():
            msg = f"{value} is not a finite number"
            raise ValueError(msg)
        return format(exact, "f") if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Give back the Decimal."""
        return None if value is None else Decimal(value)


class _ModelAsJson(TypeDecorator[Any]):
    """A value kept as a JSON document of what differs from its defaults, and given back as the value it was."""

    impl = JSON
    cache_ok = True

    def __init__(self, model: type[BaseModel]) -> None:
        """Keep values of one model."""
        super().__init__(none_as_null=True)
        self.model = model

    @property
    def python_type(self) -> type[BaseModel]:
        """Name the type of a value; SQLAlchemy does not look through a decorator."""
        return self.model

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """Write the value, or what was dumped of it."""
        if value is None:
            return None
        return self.model.model_validate(value).model_dump(mode="json", exclude_defaults=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """Give back the value."""
        return None if value is None else self.model.model_validate(value)


def as_json(model: type[BaseModel]) -> _ModelAsJson:
    """Store a value of a model as a JSON document."""
    return _ModelAsJson(model)


def worded(choices: type[StrEnum]) -> Enum:
    """Store the word of a choice (its value), not the name of the Python member."""
    return Enum(
        choices,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=False,
        length=40,
    )
