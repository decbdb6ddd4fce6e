"""`pas work`: what is to be done to which thing, and that it was done."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pas.terminal import AsJson, InvalidValue, TenantSlug, out, print_json, print_table, refuses

if TYPE_CHECKING:
    from uuid import UUID

app = typer.Typer(no_args_is_help=True, help="Work orders: list what is to be done, and say that it was done.")

_SHOWN = ("id", "kind", "component", "state", "priority", "due_on", "assignee", "cause")


@app.command("list")
@refuses
def list_(
    *,
    assignee: Annotated[str | None, typer.Option("--assignee", help="Those of this person, word for word.")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Those done or cancelled instead of those under way.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at the most.")] = 100,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """List work orders, the oldest first."""
    from lifecycle.work_order_queries import assets_by_id, work_orders
    from lifecycle.work_order_tables import WorkOrderRecord
    from pas.commands.frame import reading

    query = work_orders(holder_id=None, assignee=assignee, is_open=not ended)
    with reading(tenant) as work:
        query = query.order_by(WorkOrderRecord.opened_at, WorkOrderRecord.id).limit(limit)  # type: ignore[arg-type]
        orders = work.session.exec(query).all()
        assets = assets_by_id(work.session, [order.asset_id for order in orders])
        rows = [
            {"serial": assets[order.asset_id].serial} | order.model_dump(mode="json", include=set(_SHOWN))
            for order in orders
        ]
    if as_json:
        print_json({"work_orders": rows})
    else:
        print_table("work orders", [{name: row[name] for name in ("serial", *_SHOWN)} for row in rows])


@app.command()
@refuses
def complete(
    order: Annotated[str, typer.Argument(help="Id of the work order.")],
    *,
    grade: Annotated[str, typer.Option("--grade", help="How what was renewed stands now, A to E.")] = "A",
    minutes: Annotated[float | None, typer.Option("--minutes", help="Minutes of work.")] = None,
    cost: Annotated[str | None, typer.Option("--cost", help="What it cost in all, in EUR.")] = None,
    note: Annotated[str, typer.Option("--note", help="What was done, in words.")] = "",
    finding: Annotated[
        str | None, typer.Option("--finding", help="Was the reason for it so? confirmed or nothing_found.")
    ] = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Say that work was done, now: what was renewed begins its wear anew."""
    from lifecycle.complete_work import complete_work
    from lifecycle.work_order import WorkDone
    from pas.commands.frame import writing

    work_id = _identity(order)
    with writing(tenant) as work:
        told: dict[str, Any] = {"done_at": work.now, "grade": grade, "minutes": minutes, "cost": cost, "note": note}
        told["finding"] = finding
        done = WorkDone.model_validate(told)
        ended = complete_work(work.session, work_id=work_id, done=done, now=work.now, by=work.by)
        document = {"id": str(ended.id), "state": ended.state.value, "renewed": ended.renewed}
    if as_json:
        print_json(document)
    else:
        out.print(f"done; renewed: {', '.join(document['renewed']) or 'nothing'}")


def _identity(text: str) -> "UUID":
    from uuid import UUID

    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidValue(f"{text[:60]!r} is no id of a work order", field="order") from error
