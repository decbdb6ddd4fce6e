"""Make drafts of a sheet: find which column means what, and read every cell."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from pas.exchange.cell import Habits, Wrong, clean
from pas.exchange.column import Column, Row, heading, names_of
from pas.exchange.draft import Draft, lacking
from pas.exchange.kind import Kind, Options
from pas.exchange.number import readings_of
from pas.exchange.sheet import Sheet
from telemetry.refusal import Refusal


class NotOfThatKind(Refusal):
    """The file lacks a column without which it cannot be of the kind it was given as."""


class BadOption(Refusal):
    """What was said about the file makes no sense."""


class Place(NamedTuple):
    """Where in the sheet a column stands; `part` is what follows the prefix of its heading."""

    position: int
    column: Column
    part: str = ""


def habits_of(sheet: Sheet, options: Options) -> Habits:
    """Join what the file shows with what its sender said. Raises BadOption."""
    if options.dates not in {"", "dmy", "mdy"}:
        raise BadOption("dates are dmy (day first) or mdy (month first)", field="dates")
    missing = frozenset(number for text in options.missing for number in _missing(text))
    day_first = None if not options.dates else options.dates == "dmy"
    return Habits(sheet.point_decimals, day_first, _zone(options.zone), missing)


def _missing(text: str) -> set[Decimal]:
    numbers = readings_of(clean(text))
    if not numbers:
        raise BadOption(f"{text!r} is no number; what stands for a missing number must be one", field="missing")
    return numbers


def _zone(name: str) -> str:
    if name != "UTC" and name not in available_timezones():
        raise BadOption(f"{name!r} is no time zone; write one such as Europe/Brussels", field="zone")
    return name


def read_drafts(kind: Kind, sheet: Sheet, habits: Habits) -> list[Draft]:
    """Read every row. Raises NotOfThatKind."""
    places = placed(kind, sheet.headings, habits)
    drafts = [Draft(number, row) for number, row in zip(sheet.numbers, sheet.rows, strict=True)]
    for place in places:
        _read_column(place, drafts, habits)
    for draft in drafts:
        _refuse_incomplete(kind, draft, width=len(sheet.headings))
    return drafts


def placed(kind: Kind, headings: Sequence[str], habits: Habits) -> list[Place]:
    """Find the columns by their headings; what is not known is left out and noted."""
    known = {name: column for column in kind.columns for name in names_of(column)}
    known |= {heading(column.name): column for column in kind.columns}
    places: dict[tuple[str, str], Place] = {}
    for position, title in enumerate(headings):
        found = _place(known, kind, position, title)
        if found is None:
            if title:
                habits.note(f"column {title[:60]!r} is not known and was left out")
        elif (found.column.name, found.part) in places:
            raise NotOfThatKind(f"two columns mean {found.column.name}; leave one out", field=found.column.name)
        else:
            places[found.column.name, found.part] = found
    _refuse_without_needed(kind, {column for column, _ in places}, headings)
    return list(places.values())


def _place(known: dict[str, Column], kind: Kind, position: int, title: str) -> Place | None:
    name = heading(title)
    if name in known:
        return Place(position, known[name])
    for column in kind.columns:
        if column.prefix and name.startswith(column.prefix) and len(name) > len(column.prefix):
            return Place(position, column, clean(title)[len(column.prefix) :])
    return None


def _refuse_without_needed(kind: Kind, there: set[str], headings: Sequence[str]) -> None:
    lacking = [column.name for column in kind.columns if column.required and column.name not in there]
    if lacking:
        shown = ", ".join(headings[:12]) or "none"
        sentence = (
            f"this is no file of {kind.name}: it has no column {', '.join(lacking)} (its columns are {shown[:300]})"
        )
        raise NotOfThatKind(sentence, field=lacking[0], columns=[column.name for column in kind.columns])


def _read_column(place: Place, drafts: Sequence[Draft], habits: Habits) -> None:
    column, at = place.column, place.position
    cell = column.part if place.part and column.part else column.cell
    raws = [draft.cells[at] if at < len(draft.cells) else None for draft in drafts]
    for draft, raw, value in zip(drafts, raws, cell.read(raws, habits), strict=True):
        if isinstance(value, Wrong):
            title = f"{column.prefix}{place.part}" if place.part else column.name
            draft.refuse(title, raw, value.why, value.right)
        elif place.part:
            _set_part(draft.given, column.name, place.part, value)
        else:
            draft.given[column.name] = _joined(draft.given.get(column.name), value)


def _set_part(given: Row, name: str, part: str, value: Any) -> None:
    whole = given.get(name) or {}
    given[name] = (whole | {part: value} if value is not None else whole) or None


def _joined(parts: Any, whole: Any) -> Any:
    return (whole or {}) | parts if parts else whole


def _refuse_incomplete(kind: Kind, draft: Draft, *, width: int) -> None:
    surplus = [cell for cell in draft.cells[width:] if cell not in {None, ""}]
    if surplus:
        draft.refuse(
            "", surplus[0], "the row has more cells than there are headings", "put texts with separators in quotes"
        )
    for column in kind.columns:
        wrong = {refusal.column for refusal in draft.refusals}
        if column.required and draft.given.get(column.name) is None and column.name not in wrong:
            draft.refuse(column.name, "", lacking(column.name), column.about)
