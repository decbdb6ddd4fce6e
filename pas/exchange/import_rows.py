"""Take the rows of a file: read, compare with what stands there, write what differs, and report on every row."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, BinaryIO

from pydantic import ValidationError
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session

from lifecycle.actor import Actor
from pas.exchange.cell import clean
from pas.exchange.draft import Draft
from pas.exchange.kind import NOTHING_SAID, Kind, Options
from pas.exchange.kinds import kind_named
from pas.exchange.origin import source_of
from pas.exchange.read_drafts import habits_of, read_drafts
from pas.exchange.report import MOST_SHOWN, Change, Difference, ImportReport
from pas.exchange.sheet import Sheet, read_sheet
from pas.exchange.trial import Progress, trial
from pas.faults import in_words
from telemetry.refusal import Refusal


def import_rows(
    session: Session,
    *,
    kind: str,
    file: BinaryIO,
    file_name: str,
    dry_run: bool,
    now: datetime,
    by: Actor,
    options: Options = NOTHING_SAID,
    progress: Progress | None = None,
) -> ImportReport:
    """Take a file in the session's transaction; a dry run does all the same and then undoes it.

    Good rows go in and bad ones are reported. Does not commit. Readings have their own door, `import_readings`.
    Raises UnknownKind, UnreadableFile, FileTooLarge, NotOfThatKind and BadOption.
    """
    if kind == "readings":
        from pas.exchange.import_readings import take_readings  # noqa: PLC0415 - heavy, and only for readings

        return take_readings(
            session, file=file, file_name=file_name, dry_run=dry_run, now=now, by=by, options=options, progress=progress
        )
    chosen = kind_named(kind)
    sheet = read_sheet(file, file_name)
    options = options._replace(source=source_of(options, file_name))
    habits = habits_of(sheet, options)

    drafts = read_drafts(chosen, sheet, habits)
    repeated = _compare(chosen, session, drafts, options)
    with trial(session, dry_run=dry_run):
        _write(chosen, session, drafts, now=now, by=by, progress=progress or (lambda _: None))

    report = ImportReport(kind=kind, file=clean(PurePath(file_name).name), dry_run=dry_run)
    report.notes = [*sheet.notes, *repeated, *(_counted(note, count) for note, count in habits.notes.items())]
    return _told(report, chosen, sheet, drafts)


def _compare(kind: Kind, session: Session, drafts: Sequence[Draft], options: Options) -> list[str]:
    """Find for each row whether it is new, changes something, changes nothing, or cannot be."""
    readable = [draft for draft in drafts if not draft.is_refused]
    kind.identify(session, readable, options)
    readable = [draft for draft in readable if not draft.is_refused]
    repeated = _settle_repeats(readable)
    before = {tuple(row[name] for name in kind.key): row for row in kind.stored(session)}
    fresh = [draft for draft in readable if not draft.state]
    for draft in fresh:
        draft.before = before.get(draft.key)
        draft.after = {
            column.name: draft.given.get(column.name, (draft.before or {}).get(column.name))
            for column in kind.columns
            if column.exported
        }
    kind.decide(session, fresh)
    for draft in fresh:
        if not draft.is_refused:
            draft.state = "new" if draft.before is None else "changed" if draft.changes else "unchanged"
    _refuse_together(kind, drafts)
    return repeated


def _settle_repeats(drafts: Sequence[Draft]) -> list[str]:
    """Count rows that say the same again as unchanged; refuse rows that contradict each other."""
    notes, by_key = [], dict[tuple[Any, ...], list[Draft]]()
    for draft in drafts:
        by_key.setdefault(draft.key, []).append(draft)
    for same in by_key.values():
        first, *others = same
        if any(other.given != first.given for other in others):
            rows = " and ".join(str(draft.row) for draft in same[:5])
            for draft in same:
                why = "rows of the same key contradict each other"
                draft.refuse("", " ".join(map(str, draft.key)), why, f"keep the right one of rows {rows}")
            continue
        for other in others:
            other.state = "unchanged"
            notes.append(f"row {other.row} repeats row {first.row}")
    return [*notes[:20], f"and {len(notes) - 20} more rows repeat others"] if len(notes) > 20 else notes  # noqa: PLR2004


def _groups(kind: Kind, drafts: Iterable[Draft]) -> list[list[Draft]]:
    """Put together what is taken or refused as one."""
    groups: dict[Any, list[Draft]] = {}
    for draft in drafts:
        groups.setdefault(draft.given.get(kind.together) if kind.together else draft.row, []).append(draft)
    return list(groups.values())


def _refuse_together(kind: Kind, drafts: Sequence[Draft]) -> None:
    """Refuse the good rows of what is taken as one where another of its rows is bad."""
    for group in _groups(kind, drafts) if kind.together else []:
        bad = [draft.row for draft in group if draft.is_refused]
        for draft in group:
            if bad and not draft.is_refused:
                _refuse_for(kind, draft, bad[0])


def _write(
    kind: Kind, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor, progress: Progress
) -> None:
    """Write all at once; where that is refused, by halves, until only the rows that are at fault are left out."""
    settled = sum(draft.state not in {"new", "changed"} for draft in drafts)
    progress(settled)
    waiting = [_groups(kind, (draft for draft in drafts if draft.state in {"new", "changed"}))]
    while waiting:
        groups = waiting.pop()
        some = [draft for group in groups for draft in group]
        refusal = _try(kind, session, some, now=now, by=by)
        if refusal is None:
            progress(len(some))
        elif len(groups) > 1:
            middle = len(groups) // 2
            waiting += [groups[middle:], groups[:middle]]
        else:
            progress(len(some))
            _refuse_one(kind, refusal, some)


def _refuse_one(kind: Kind, refusal: Refusal, drafts: Sequence[Draft]) -> None:
    """Refuse what is taken as one: the row at fault with the reason, the others for its sake."""
    column, sentence, culprit = kind.blame(refusal, drafts)
    for draft in drafts:
        if culprit is None or draft is culprit:
            draft.refuse(column, draft.given.get(column), sentence)
        else:
            _refuse_for(kind, draft, culprit.row)


def _refuse_for(kind: Kind, draft: Draft, row: int) -> None:
    draft.refuse(kind.together, draft.given.get(kind.together), "another row of the same is refused", f"mend row {row}")


def _try(kind: Kind, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> Refusal | None:
    if not drafts:
        return None
    try:
        with session.begin_nested():
            kind.write(session, drafts, now=now, by=by)
    except Refusal as refusal:
        return refusal
    except ValidationError as error:
        return Refusal(in_words(error.errors(include_input=False)[0]))
    except (IntegrityError, DataError):
        return Refusal("this contradicts what stands in the house, or is nothing that it can keep")
    return None


def _told(report: ImportReport, kind: Kind, sheet: Sheet, drafts: Sequence[Draft]) -> ImportReport:
    """Count the drafts, and show the first refusals and differences."""
    report.rows = len(drafts)
    for draft in drafts:
        setattr(report, draft.state, getattr(report, draft.state) + 1)
        for why in {refusal.why for refusal in draft.refusals[:1]}:
            report.reasons[why] = report.reasons.get(why, 0) + 1
    refused = [draft for draft in drafts if draft.is_refused]
    report.refusals = [refusal for draft in refused for refusal in draft.refusals][:MOST_SHOWN]
    report.differences = [_difference(kind, d) for d in drafts if d.state in {"new", "changed"}][:MOST_SHOWN]
    report.keep_refused(
        sheet.headings, [(draft.cells, "; ".join(_sentence(r) for r in draft.refusals)) for draft in refused]
    )
    return report


def _difference(kind: Kind, draft: Draft) -> Difference:
    before, named = draft.before or {}, " ".join(str(draft.after.get(name)) for name in kind.key)
    fields = {name: Change(before=before.get(name), after=draft.after[name]) for name in draft.changes if draft.before}
    return Difference(row=draft.row, key=named, state=draft.state, fields=fields)


def _sentence(refusal: Any) -> str:
    named = f"{refusal.column}: " if refusal.column else ""
    return f"{named}{refusal.why}" + (f" ({refusal.right})" if refusal.right else "")


def _counted(note: str, count: int) -> str:
    return note if count == 1 else f"{note} ({count} times)"
