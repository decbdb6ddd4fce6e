"""`pas remind`: remind who has not paid, step by step."""

from typing import Annotated

import typer

from pas.terminal import AsJson, TenantSlug, err, print_json, print_table, refuses

_SHOWN = {"number", "customer", "step", "open", "interest", "compensation", "total", "pay_before", "mailed"}


@refuses
def remind(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is due, and take no step.")] = False,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Take the steps of reminding that are due today, each once; letters go out with the other mail."""
    from billing.take_dunning_steps import due_steps
    from pas.api.reminders import told
    from pas.commands.frame import reading, writing
    from pas.send_reminders import send_reminders

    if dry_run:
        with reading(tenant) as work:
            steps = [told(step) for step in due_steps(work.session, now=work.now)]
    else:
        with writing(tenant) as work:
            steps = [told(step) for step in send_reminders(work.session, now=work.now, by=work.by)]
    if as_json:
        print_json([step.model_dump(mode="json") for step in steps])
        return
    print_table("Due" if dry_run else "Reminded", [step.model_dump(include=_SHOWN, mode="json") for step in steps])
    printed = [step.customer for step in steps if not step.mailed]
    if printed:
        err.print(f"without a mail address, to be told by post: {', '.join(printed)}", highlight=False)
