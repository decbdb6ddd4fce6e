"""Tell what happened when the demo was loaded: as one document for programs, as tables for people."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from billing.contract_life.ending import EndReportLine, report
from pas.demo.load_demo import SLUG, Loaded, Taken
from pas.demo.logins import Login
from pas.terminal import out, print_table

COUNTS = ("rows", "new", "changed", "unchanged", "refused")
MOST_REASONS = 4
LUMINAIRE = "LED-P40"
TEN_YEARS = 10


def as_document(loaded: Loaded) -> dict[str, Any]:
    """Give everything as one document."""
    imports = _by_kind(taken for taken in loaded.taken if taken.file.kind != "readings")
    readings = _by_kind(taken for taken in loaded.taken if taken.file.kind == "readings").get("readings", {})
    return {
        "tenant": SLUG,
        "synthetic": True,
        "already_loaded": False,
        "imports": imports,
        "files": [
            {"kind": taken.file.kind, "file": taken.file.path.name, "seconds": taken.seconds} | _counts(taken)
            for taken in loaded.taken
        ],
        "readings": readings,
        "assets": loaded.fleet.by_status,
        "conditions": loaded.reassessed._asdict() | {"by_grade": loaded.fleet.by_grade},
        "alerts": sum(loaded.fleet.alerts_by_kind.values()),
        "alerts_by_kind": loaded.fleet.alerts_by_kind,
        "work_orders": loaded.care.work_orders,
        "due_inspections": loaded.care.due,
        "hot_room_peers": loaded.care.hot_room._asdict() if loaded.care.hot_room else None,
        "stories": [story._asdict() for story in loaded.stories],
        "billing": loaded.bill_run.model_dump(mode="json"),
        "money": loaded.money._asdict() | {"open": str(loaded.money.open)},
        "values": _values(loaded.endings),
        "logins": [login._asdict() for login in loaded.logins],
        "seconds": loaded.seconds | {"total": round(sum(loaded.seconds.values()), 2)},
    }


def already_there(logins: list[Login]) -> dict[str, Any]:
    """Give the document of a demo that was loaded before."""
    return {
        "tenant": SLUG,
        "synthetic": True,
        "already_loaded": True,
        "logins": [login._asdict() for login in logins],
    }


def _counts(taken: Taken) -> dict[str, Any]:
    report = taken.report
    return {name: getattr(report, name) for name in COUNTS} | {"reasons": report.reasons}


def _by_kind(some: Iterable[Taken]) -> dict[str, dict[str, Any]]:
    """Add up the files of each kind, with the reasons for which rows were refused."""
    kinds: dict[str, dict[str, Any]] = {}
    for taken in some:
        kind = kinds.setdefault(taken.file.kind, dict.fromkeys(COUNTS, 0) | {"reasons": {}, "seconds": 0.0})
        for name in COUNTS:
            kind[name] += getattr(taken.report, name)
        for reason, rows in taken.report.reasons.items():
            kind["reasons"][reason] = kind["reasons"].get(reason, 0) + rows
        kind["seconds"] = round(kind["seconds"] + taken.seconds, 2)
    return kinds


def _to_ask(endings: list[EndReportLine]) -> list[str]:
    """Give the commands that answer what things are worth when contracts end, and a luminaire after ten years."""
    days = [line.last_day for line in endings]
    asked = [f"pas end-report {min(days):%Y-%m}/{max(days):%Y-%m} --pdf report.pdf --xlsx report.xlsx"]
    luminaire = next((line for line in endings if line.product == LUMINAIRE and line.age_years is not None), None)
    if luminaire is not None:
        day = luminaire.last_day + timedelta(days=round((TEN_YEARS - (luminaire.age_years or 0)) * 365.25))
        asked.append(f"pas value {luminaire.serial} --as-of {day} --pdf luminaire.pdf")
    return asked


def _values(endings: list[EndReportLine]) -> dict[str, Any]:
    """Add up what adds up over the ending contracts; of the medians show the usual one, for they do not."""
    if not endings:
        return {"things": 0, "contracts": 0}
    days = [line.last_day for line in endings]
    shares = [line.p50 / line.price_new for line in endings if line.p50 is not None]
    whole = report(endings, start=min(days), end=max(days), as_of=min(days))
    return {
        "contracts": len({line.contract for line in endings}),
        "things": len(endings),
        "ask": _to_ask(endings),
        "first_day": min(days).isoformat(),
        "last_day": max(days).isoformat(),
        "totals": [total.model_dump(mode="json") for total in whole.totals],
        "usual_median_share_of_new": str(round(median(shares), 3)) if shares else None,
        "note": whole.note,
    }


def tell(document: dict[str, Any]) -> None:
    """Print the document as tables."""
    out.print("\n[bold]The demo fleet is synthetic[/]: everything in it is invented.\n")
    print_table("What came in", _import_rows(document))
    print_table("Refused, and why (the dirt is on purpose)", _refused_rows(document))
    print_table("What the fleet showed", [{"what": what, "how much": figure} for what, figure in _findings(document)])
    print_table("Stories planted, and found", document["stories"])
    print_table("Seconds", [{"step": step, "s": seconds} for step, seconds in document["seconds"].items()])
    tell_logins(document["logins"])


def tell_logins(logins: list[dict[str, Any]]) -> None:
    """Print the logins, this once."""
    rows = [
        {
            "e-mail": login["email"],
            "role": f"{login['role']} {login['customer']}".strip(),
            "password": login["password"],
        }
        for login in logins
    ]
    print_table(f"Logins of organisation {SLUG!r} (fresh passwords, shown this once)", rows)


def _import_rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"kind": kind} | {name: f"{figures[name]:,}" for name in COUNTS} | {"s": figures["seconds"]}
        for kind, figures in (document["imports"] | {"readings": document["readings"]}).items()
    ]


def _refused_rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the commonest reasons of each kind."""
    return [
        {"kind": kind, "rows": f"{rows:,}", "because": why}
        for kind, figures in (document["imports"] | {"readings": document["readings"]}).items()
        for why, rows in sorted(figures["reasons"].items(), key=lambda reason: -reason[1])[:MOST_REASONS]
    ]


def _findings(document: dict[str, Any]) -> list[tuple[str, str]]:
    billing, values = document["billing"], document["values"]
    found = [
        ("assets by status", _listed(document["assets"])),
        ("conditions by grade", _listed(document["conditions"]["by_grade"])),
        ("alerts open", f"{document['alerts']}: {_listed(document['alerts_by_kind'])}"),
        ("work orders under way", _listed(document["work_orders"]) or "none"),
        ("inspections", _listed(document["due_inspections"])),
        *_hot_room(document["hot_room_peers"]),
        (
            f"invoices of {billing['month']}",
            f"{billing['issued']} issued, {billing['failed']} failed, {billing['nothing_owed']} with nothing owed",
        ),
        ("net, VAT, gross", " · ".join(_money(billing[name]) for name in ("net", "vat", "gross"))),
        *_money_in(document["money"]),
        ("contracts ending within a year", f"{values['contracts']} with {values['things']} things"),
        *[("for the bank, ask", command) for command in values.get("ask", [])],
    ]
    for total in values.get("totals", []):
        found += [
            (f"their price new, {total['currency']}", _money(total["price_new"])),
            (
                "straight line / declining balance",
                " / ".join(map(_money, (total["straight_line"], total["declining_balance"]))),
            ),
        ]
    if values.get("usual_median_share_of_new"):
        share = Decimal(values["usual_median_share_of_new"])
        found.append(("our median at that day, of new (expert curves only)", f"{share:.1%} for the usual thing"))
    return found


def _money_in(money: dict[str, Any]) -> list[tuple[str, str]]:
    """Tell what came in for the month before."""
    told = f"{money['paid']} paid, {money['part_paid']} in part, {money['contested']} contested"
    return [
        (f"of {money['invoices']} invoices of {money['month']}", f"{told}, {money['reminders']} reminded"),
        (f"still open, {money['currency']}", _money(money["open"])),
    ]


def _hot_room(peers: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Tell how the things of the hot room wear against their sisters, and what would be better there."""
    if peers is None or peers["faster_than"] is None:
        return []
    found = [
        ("a thing in the hot room wears faster than", f"{peers['faster_than']:.0%} of its sisters, the middle one")
    ]
    if together := peers["together"]:
        group = (
            f"{together['share']:.0%} of such groups of {peers['sisters']} sisters, {together['times']} times the usual"
        )
        found.append((f"its {together['things']} of one model together", f"faster than {group}"))
    if heat := peers["heat"]:
        degrees = f"{heat['own']} °C against {heat['usual']} °C, named for {peers['cause']} of {peers['things']}"
        found.append(("likely cause", degrees))
    if peers["better_model"]:
        found.append(("a better model there", f"{peers['better_model']}: {peers['saving_a_year']} EUR a year saved"))
    return found


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{word} {count}" for word, count in counts.items())


def _money(amount: str) -> str:
    return f"{Decimal(amount):,.2f}"
