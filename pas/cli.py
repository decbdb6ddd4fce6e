"""The command `pas`."""

import typer

from pas.commands import (
    archive,
    audit,
    bench,
    bill_month,
    books,
    checklist,
    condition,
    contract,
    database,
    demo,
    drafts,
    einvoice,
    end_report,
    exchange,
    harvest,
    invoice,
    meter,
    mqtt,
    passport,
    people,
    portfolio,
    quarantine,
    readings,
    remind,
    rerate,
    route,
    seller,
    send,
    serve,
    tenant,
    valuation,
    value,
    work,
    worker,
    write_down,
)

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Product as a service, from one command.")
app.add_typer(database.app, name="db")
app.add_typer(tenant.app, name="tenant")
app.add_typer(people.app, name="person")
app.add_typer(seller.app, name="seller")
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("import")(exchange.import_)
app.command("export")(exchange.export)
app.command("archive")(archive.archive)
app.add_typer(audit.app, name="audit")
app.add_typer(bench.app, name="bench")
app.add_typer(checklist.app, name="checklist")
app.add_typer(condition.app, name="condition")
app.add_typer(valuation.app, name="valuation")
app.command("passport")(passport.passport)
app.add_typer(contract.app, name="contract")
app.command("bill-month")(bill_month.bill_month)
app.add_typer(drafts.app, name="drafts")
app.add_typer(invoice.app, name="invoice")
app.command("credit-note")(invoice.credit_note)
app.command("rerate")(rerate.rerate)
app.command("late-use")(rerate.late_use)
app.add_typer(einvoice.app, name="einvoice")
app.command("send")(send.send)
app.command("collect")(send.collect)
app.command("reconcile")(send.reconcile)
app.command("bank-statement")(send.bank_statement)
app.command("account")(send.account)
app.command("remind")(remind.remind)
app.command("end-report")(end_report.end_report)
app.add_typer(write_down.app, name="write-down")
app.command()(portfolio.portfolio)
app.command()(harvest.harvest)
app.add_typer(books.app, name="books")
app.command("value")(value.value)
app.add_typer(route.app, name="route")
app.command("meter")(meter.meter)
app.add_typer(readings.app, name="readings")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(work.app, name="work")
app.command("worker")(worker.worker)
app.add_typer(mqtt.app, name="mqtt")

if __name__ == "__main__":
    app()
