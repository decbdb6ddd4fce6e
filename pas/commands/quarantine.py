"""`pas quarantine`: readings that were not believed, listed, repaired many at once, or dismissed."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pas import clock
from pas.terminal import AsJson, InvalidValue, TenantSlug, in_a_folder, out, print_json, print_table, refuses

if TYPE_CHECKING:
    from telemetry.repair import Chosen
    from telemetry.repair_readings import Repaired

app = typer.Typer(no_args_is_help=True, help="Readings that were not believed: list, repair or dismiss them.")

Reason = Annotated[str | None, typer.Option("--reason", help="Those doubted for this, such as unknown-metric.")]
Batch = Annotated[str | None, typer.Option("--batch", help="Those of the batch with this key.")]
Asset = Annotated[str | None, typer.Option("--asset", help="Those of this asset, written as it came.")]
Metric = Annotated[str | None, typer.Option("--metric", help="Those of this metric, written as it came.")]
State = Annotated[str, typer.Option("--state", help="waiting, released or dismissed.")]
_SHOWN = ("id", "batch_key", "row", "reason", "sentence", "as_received", "received_at")
_SETTLED = ("state", "settled_at", "settled_by", "how")
_CELLS = ("asset", "metric", "at", "value", "unit")
_MOST_PRINTED = 20


@app.command("list")
@refuses
def list_(
    *,
    reason: Reason = None,
    batch: Batch = None,
    asset: Asset = None,
    metric: Metric = None,
    state: State = "waiting",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at the most.")] = 100,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", help="Write all of them here, to be corrected by hand and imported.", callback=in_a_folder
        ),
    ] = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """List the readings that were not believed, oldest first, each as it came and with its reason.

    The file of --csv imports with `pas import readings`; dismiss afterwards what was imported.
    """
    from itertools import islice

    from pas.commands.frame import reading
    from telemetry.find_doubted import count_doubted, doubted_readings

    chosen = _chosen(reason, batch, asset, metric, state)
    with reading(tenant) as work:
        counts = count_doubted(work.session, chosen)
        found = list(islice(doubted_readings(work.session, chosen), limit))
        written = _write_csv(csv, doubted_readings(work.session, chosen)) if csv else None
    items = [{name: getattr(one, name) for name in (*_SHOWN, *_SETTLED)} for one in found]
    if as_json:
        print_json({"counts": counts, "items": items, "written": written})
        return
    print_table("why", [{"reason": why, "readings": count} for why, count in counts.items()])
    shown = ("batch_key", "row", "sentence")
    print_table(state, [{name: one[name] for name in shown} for one in items[:_MOST_PRINTED]])
    if csv:
        out.print(f"{written} readings written to {csv}")


@app.command()
@refuses
def repair(
    *,
    reason: Reason = None,
    batch: Batch = None,
    asset: Asset = None,
    metric: Metric = None,
    state: State = "waiting",
    is_asset: Annotated[str | None, typer.Option("--is-asset", help="The asset that was meant.")] = None,
    is_metric: Annotated[str | None, typer.Option("--is-metric", help="The metric that was meant.")] = None,
    is_unit: Annotated[str | None, typer.Option("--is-unit", help="The unit that was meant.")] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="The zone of moments that came without one.")] = None,
    clock_ahead: Annotated[
        float, typer.Option("--clock-ahead", help="By how many seconds the sender's clock was ahead; below 0: behind.")
    ] = 0.0,
    factor: Annotated[float, typer.Option("--factor", help="By which each value is to be multiplied.")] = 1.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go in.")] = False,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Take chosen readings in with what was meant; with nothing said, since their cause was repaired.

    What is doubted again waits on. The same again changes nothing.
    """
    from telemetry.repair import Repair

    chosen = _chosen(reason, batch, asset, metric, state)
    meant = Repair(asset=is_asset, metric=is_metric, unit=is_unit, zone=zone, clock_ahead=clock_ahead, factor=factor)
    done = list(_repaired(chosen, meant, tenant, dry_run=dry_run))
    reasons = sum((Counter(one.reasons) for one in done), Counter[str]())
    told = {name: sum(getattr(one, name) for one in done) for name in ("taken", "duplicates", "doubted")}
    if as_json:
        repairs = [str(one.id) for one in done if not dry_run and (one.taken or one.duplicates)]
        print_json({"dry_run": dry_run, **told, "reasons": dict(reasons), "repairs": repairs})
        return
    print_table("would become of them" if dry_run else "became of them", [told])
    print_table("why doubted still", [{"reason": why, "readings": count} for why, count in reasons.items()])


@app.command()
@refuses
def dismiss(
    because: Annotated[str, typer.Argument(help="Why they shall not go in.")],
    *,
    reason: Reason = None,
    batch: Batch = None,
    asset: Asset = None,
    metric: Metric = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Settle that chosen readings shall not go in. They stay visible, and can be repaired yet."""
    from lifecycle.settle_doubts import dismiss_doubts
    from pas.commands.frame import opened, operator, tenant_id

    chosen, count, more = _chosen(reason, batch, asset, metric, "waiting"), 0, 1
    with opened() as database:
        number = tenant_id(database, tenant)
        while more:
            with database.writing(number) as session:
                more = dismiss_doubts(session, chosen=chosen, because=because, now=clock.now(), by=operator())
            count += more
    if as_json:
        print_json({"dismissed": count})
    else:
        out.print(f"{count} readings dismissed")


def _chosen(reason: str | None, batch: str | None, asset: str | None, metric: str | None, state: str) -> "Chosen":
    from telemetry.doubt import Doubt, DoubtState
    from telemetry.repair import Chosen

    for word, choices, field in ((reason, Doubt, "reason"), (state, DoubtState, "state")):
        if word is not None and word not in list(choices):
            raise InvalidValue(f"{word!r} is none of {', '.join(choices)}", field=field)
    return Chosen(None if reason is None else Doubt(reason), batch, asset, metric, DoubtState(state))


def _repaired(chosen: "Chosen", meant: Any, tenant: str | None, *, dry_run: bool) -> "Iterator[Repaired]":
    """Repair lot by lot, each in a transaction of its own."""
    from lifecycle.settle_doubts import repair_doubts, try_repair_of_doubts
    from pas.commands.frame import opened, operator, tenant_id

    do, after = try_repair_of_doubts if dry_run else repair_doubts, None
    with opened() as database:
        number = tenant_id(database, tenant)
        while True:
            with database.writing(number) as session:
                told = do(session, chosen=chosen, repair=meant, now=clock.now(), by=operator(), after=after)
            yield told
            after = told.next_after
            if after is None:
                return


def _write_csv(file: Path, found: Iterator[Any]) -> int:
    """Write readings as they came, with why they were doubted behind; give how many."""
    import csv
    from math import isfinite

    from pas.exchange.quoting import quoted

    def safe(cell: str) -> str:
        try:
            return cell if isfinite(float(cell)) else quoted(cell)
        except ValueError:
            return quoted(cell)

    with file.open("w", encoding="utf-8", newline="") as stream:
        writer, count = csv.writer(stream), 0
        writer.writerow((*_CELLS, "doubt", "why"))
        for count, one in enumerate(found, start=1):  # noqa: B007 - told behind the loop
            writer.writerow([*(safe(one.as_received[name]) for name in _CELLS), one.reason, one.sentence])
    return count
