"""Inspections as files: one row a sight; what was seen is added and never rewritten."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.inspection import Inspection, InspectionSource, Measured
from lifecycle.log_inspections import log_inspections
from lifecycle.queries import assets_by_reference
from lifecycle.tables import InspectionRecord
from pas.exchange.asset_names import all_public_ids, name_assets
from pas.exchange.cell import Choice, Nested, Text
from pas.exchange.column import Column, Row
from pas.exchange.day import Moment
from pas.exchange.draft import Draft, checked
from pas.exchange.kind import Kind, Options, fields_of
from pas.exchange.number import Number, Whole

_ROWS = UUID("0192f0e0-0000-7000-8000-5ca1ab1e0001")
"""Namespace of the ids of inspections that came without one."""
_SEEN = ("grades", "nen", "readings", "measured", "answers")
"""Columns of which one at least says something, where no index does."""


class Inspections(Kind):
    """Sights. Without an id of its own, one is known by asset, moment and source."""

    name = "inspections"
    about = "What people saw of assets."
    key = ("id",)
    columns = (
        Column(
            "id",
            Text(),
            "UUID, or the sender's own number; made of asset, moment and source where left out",
            ("number", "nummer", "numéro"),
        ),
        Column(
            "asset",
            Text(),
            "public identifier or serial number",
            ("serial", "asset_id", "serienummer", "appareil", "toestel"),
            required=True,
        ),
        Column(
            "inspected_at",
            Moment(),
            "when; a bare year is its 1 July",
            ("date", "datum", "inspected_on", "year", "jaar", "année", "geïnspecteerd_op"),
            required=True,
        ),
        Column("source", Choice(InspectionSource), "how it came, spreadsheet where left out", ("bron",)),
        Column("inspector", Text(), "who looked", ("inspecteur", "by", "door", "technician")),
        Column("told_by", Text(), "who told us, where we only heard of it", ("as_told_by", "gemeld_door")),
        Column("index", Number(), "overall condition, 0 (end) to 100 (as new)", ("bci", "score", "condition_index")),
        Column(
            "grades",
            Nested(dict[str, str]),
            "grades A to E, or scores 1 to 6 of NEN 2767, by component",
            prefix="grade.",
            part=Text(case=str.upper),
        ),
        Column("nen", Nested(dict[str, int]), "scores of NEN 2767, 1 (best) to 6, by component", ("nen2767", "scores")),
        Column("readings", Nested(dict[str, float]), "meter readings by metric", prefix="reading.", part=Number()),
        Column("measured", Nested(list[Measured]), "values by component and metric, each with its unit"),
        Column("answers", Nested(dict[str, bool | str]), "answers to other questions of the checklist, by name"),
        Column("checklist_version", Whole(), "version of the checklist that was filled in"),
        Column("note", Text(lines=True), "what else there is to say", ("notes", "opmerking", "remarque", "bemerkung")),
    )

    def identify(self, session: Session, drafts: Sequence[Draft], options: Options) -> None:
        """Find the asset, and the id where the file gives none."""
        name_assets(session, drafts)
        for draft in drafts:
            if not any(draft.given.get(name) for name in _SEEN) and draft.given.get("index") is None:
                why = "nothing was seen: no grade, no index and no reading"
                draft.refuse("index", "", why + _of_missing(options), "fill in at least one of them")
            if not draft.is_refused:
                draft.given["source"] = draft.given.get("source") or InspectionSource.SPREADSHEET.value
                draft.given["id"] = _identity(draft.given)
        super().identify(session, drafts, options)

    def stored(self, session: Session) -> Iterable[Row]:
        """Give all, by moment."""
        publics = all_public_ids(session)
        query = select(InspectionRecord).order_by(col(InspectionRecord.inspected_at), col(InspectionRecord.id))
        for record in session.exec(query):
            own = {"id": str(record.id), "asset": publics[record.asset_id]}
            yield self.plain(fields_of(record, self.columns) | own)

    def decide(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Hold each row against its class; a known inspection may only be said again."""
        ids = assets_by_reference(session, {draft.after["asset"] for draft in drafts})
        for draft in drafts:
            facts: dict[str, Any] = {name: fact for name, fact in draft.after.items() if name != "asset"}
            facts["asset_id"] = ids[draft.after["asset"]]
            draft.value = checked(draft, Inspection, facts, column_of={"asset_id": "asset"})
            if draft.value is None:
                continue
            draft.after |= self.plain(draft.after | fields_of(draft.value, self.columns[3:]))
            if draft.before is not None and draft.changes:
                why = "what was seen stands already, with other content, and is not rewritten"
                draft.refuse(draft.changes[0], draft.after[draft.changes[0]], why, "a new sight needs an id of its own")

    def write(self, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> None:
        """Log them."""
        log_inspections(session, [draft.value for draft in drafts], now=now, by=by)


def _of_missing(options: Options) -> str:
    return f" ({' or '.join(options.missing)} means missing here)" if options.missing else ""


def _identity(given: Row) -> str:
    """Keep a UUID, make a stable one of another number, or of asset, moment and source."""
    told = given.get("id")
    if told is None:
        return str(uuid5(_ROWS, f"{given['asset']} {given['inspected_at'].isoformat()} {given['source']}"))
    try:
        return str(UUID(told))
    except ValueError:
        return str(uuid5(_ROWS, f"{given['source']} {told}"))
