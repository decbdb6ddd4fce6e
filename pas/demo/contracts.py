"""The contracts of the demo fleet, a row a thing, and what happened to things afterwards: moves, swaps, returns."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pas.demo.dates import Calendar
from pas.demo.definitions import ZONES, products, rows_of
from pas.demo.draws import stream
from pas.demo.fleet import DEPOT, TERM_YEARS

RENEWAL_YEARS = 3
ENDED_MID_MONTH, ENDED_BEFORE = "C004-3-FUR", "C030-4-LAU"
"""A contract that ended within the month that is billed, and one that ended before it."""
SWAPPED = "C008-1-FUR"
MOVED_FROM, MOVED_TO, MOVED_THINGS = "K001-S1", "K001-S2", 6
PAYS_SOON, SHORT_DAYS = frozenset({"C001-1-FUR", "C005-1-FUR"}), 8
"""Contracts with few days to pay, so that some invoice is overdue on whatever day the demo is made."""
PRORATIONS, PRORATION_SHARES = ("actual_days", "fixed_30", "full_month"), (0.8, 0.13, 0.07)
DISCOUNTS = (1.0, 1.0, 0.97, 0.95, 0.92)
VAT_AT_HOME = "21"


def contracts(things: pd.DataFrame, calendar: Calendar, *, seed: int) -> pd.DataFrame:
    """Draw the contracts: one for each trade at each site, with a line for each thing."""
    draw = stream(seed, "contracts")
    held = things[things["contract"] != ""]
    groups = {str(code): group for code, group in held.groupby("contract", sort=True)}
    frames = {code: _frame(code, group, calendar, draw) for code, group in groups.items()}
    lines = pd.concat([_lines(group, frames[code]) for code, group in groups.items()])
    return pd.concat([lines, _swap_lines(things, frames, calendar)], ignore_index=True).pipe(
        _swapped_out, things, calendar
    )


def _frame(code: str, group: pd.DataFrame, calendar: Calendar, draw: np.random.Generator) -> dict[str, Any]:
    """Draw the terms of a contract; a term that is over was renewed, except for the two that ended."""
    first = group.iloc[0]
    starts = group["in_service_on"].min().date()
    ends = _years_after(starts, TERM_YEARS[first["trade"]])
    while ends <= calendar.today:
        ends = _years_after(ends, RENEWAL_YEARS)
    ended = {ENDED_MID_MONTH: timedelta(days=17), ENDED_BEFORE: timedelta(days=-35)}.get(code)
    at_home = first["country"] == "BE"
    proration, discount = draw.choice(PRORATIONS, p=PRORATION_SHARES), draw.choice(DISCOUNTS)
    return {
        "contract": code,
        "customer": first["customer"],
        "currency": "EUR",
        "zone": ZONES[first["country"]],
        "starts_on": starts,
        "ends_on": ends if ended is None else calendar.month + ended,
        "proration": "actual_days" if code in {ENDED_MID_MONTH, SWAPPED} else proration,
        "vat_category": "S" if at_home else "AE",
        "vat_rate": VAT_AT_HOME if at_home else "0",
        "payment_days": SHORT_DAYS if code in PAYS_SOON else 30,
        "order_reference": f"PO-{code[1:4]}{draw.integers(1000, 9999)}",
        "discount": float(discount),
    }


def _years_after(day: date, years: int) -> date:
    return date(day.year + years, day.month, min(day.day, 28))


def _lines(group: pd.DataFrame, frame: dict[str, Any]) -> pd.DataFrame:
    """Give each thing its line: a fee, and for what is connected a price for its use beyond an allowance."""
    terms = {product["code"]: product for product in products()}
    rows = []
    for thing in rows_of(group):
        term = terms[thing["product"]]
        metered = thing["connected"] and "unit_price" in term
        rows.append(
            {name: value for name, value in frame.items() if name != "discount"}
            | {
                "asset": thing["serial"],
                "line_starts_on": max(thing["in_service_on"].date(), frame["starts_on"]),
                "line_ends_on": frame["ends_on"],
                "monthly_fee": f"{float(term['monthly_fee']) * frame['discount']:.2f}",
                "meter": term.get("billed_metric", term.get("usage_metric")) if metered else None,
                "unit_price": term["unit_price"] if metered else None,
                "allowance": term["allowance"] if metered else None,
            }
        )
    return pd.DataFrame(rows)


def swaps(things: pd.DataFrame) -> list[tuple[str, str]]:
    """Pair two things in use with two of the same product from stock that take their places."""
    stock = things[things["status"] == "in_stock"]
    held = things[things["contract"] == SWAPPED]
    pairs = []
    for code in ("STOEL-T1", "BUREAU-Z2"):
        out, into = held[held["product"] == code], stock[stock["product"] == code]
        if len(out) and len(into):
            pairs.append((str(out["serial"].iloc[0]), str(into["serial"].iloc[0])))
    return pairs


def _swap_day(calendar: Calendar) -> date:
    return calendar.month + timedelta(days=11)


def _swap_lines(things: pd.DataFrame, frames: dict[str, dict[str, Any]], calendar: Calendar) -> pd.DataFrame:
    """Give the things that came in on the swap day their lines."""
    into = things[things["serial"].isin([new for _, new in swaps(things)])]
    if into.empty:
        return into.iloc[:0][[]]
    lines = _lines(into, frames[SWAPPED])
    return lines.assign(line_starts_on=_swap_day(calendar))


def _swapped_out(lines: pd.DataFrame, things: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """End the lines of the things that went out on the swap day."""
    out = lines["asset"].isin([old for old, _ in swaps(things)])
    lines["line_ends_on"] = lines["line_ends_on"].where(~out, _swap_day(calendar))
    return lines.sort_values(["contract", "asset"], ignore_index=True)


def changes(things: pd.DataFrame, lines: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Tell what happened to known things: moved within a customer, swapped, returned at the end of a contract."""
    moved = things[things["site"] == MOVED_FROM].head(MOVED_THINGS)
    swap_day = pd.Timestamp(_swap_day(calendar), tz="UTC") + pd.Timedelta(hours=9)
    pairs = swaps(things)
    out, into = (things[things["serial"].isin([pair[side] for pair in pairs])] for side in (0, 1))
    site = things.loc[things["contract"] == SWAPPED, "site"].head(1).tolist()
    ended = lines[lines["contract"].isin([ENDED_MID_MONTH, ENDED_BEFORE])].set_index("asset")["ends_on"]
    returned = things[things["serial"].isin(ended.index)]
    back = pd.to_datetime(returned["serial"].map(ended)).dt.tz_localize("UTC") + pd.Timedelta(hours=8)
    customer = SWAPPED.replace("C", "K")[:4]
    told = [
        _change(moved, MOVED_TO, MOVED_TO[:4], "in_service", swap_day),
        _change(out, DEPOT, "", "returned", swap_day),
        _change(into, site[0] if site else DEPOT, customer, "in_service", swap_day),
        _change(returned, DEPOT, "", "returned", back),
    ]
    return pd.concat(told, ignore_index=True)


def _change(things: pd.DataFrame, site: str, holder: str, status: str, since: pd.Timestamp | pd.Series) -> pd.DataFrame:
    return things[["product", "serial"]].assign(site=site, holder=holder, place="", status=status, since=since)
