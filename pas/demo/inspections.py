"""Two years of inspections of the demo fleet: what people saw of the true wear, with their noise and their slips."""

from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pandas as pd

from pas.demo.dates import YEARS_INSPECTED, Calendar, days_after, years_between
from pas.demo.definitions import trades
from pas.demo.draws import stream
from pas.demo.wear import components, letters, true_index

COMPONENT_SPREAD, EYE_SPREAD = 5.0, 4.0
"""Points by which components of one thing differ, and by which two people differ."""
SOURCES = {
    "furniture": "spreadsheet",
    "lighting": "spreadsheet",
    "projection": "app",
    "laundry": "app",
    "forklift": "desk",
    "trolley": "app",
    "wind": "desk",
}
PEOPLE = ("An Peeters", "Jonas Maes", "Sofie Claes", "Karim Haddad", "Lotte Janssen", "Élise Martin", "Tom Schmidt")
REMARKS = (
    "slijtage zichtbaar",
    "kleine kras, werkt goed",
    "bruit léger à vérifier",
    "à nettoyer",
    "seen on the round, no play",
    "label vervangen",
)
REMARK_SHARE = 0.12


def inspections(things: pd.DataFrame, calendar: Calendar, *, seed: int) -> pd.DataFrame:
    """Draw every inspection, one a row, in the order of the days."""
    seen = [
        _of_trade(things[things["trade"] == trade], trade, calendar, stream(seed, f"inspections {trade}"))
        for trade in trades()
    ]
    return pd.concat(seen, ignore_index=True).sort_values(["inspected_at", "asset"], ignore_index=True)


def _of_trade(things: pd.DataFrame, trade: str, calendar: Calendar, draw: np.random.Generator) -> pd.DataFrame:
    visits = _visits(things, round(trades()[trade]["inspections_per_year"] * YEARS_INSPECTED), calendar, draw)
    visits.attrs["until"] = pd.Timestamp(calendar.today)
    index = true_index(visits, visits["inspected_at"])
    table = pd.DataFrame(
        {
            "asset": visits["serial"],
            "trade": trade,
            "inspected_at": visits["inspected_at"],
            "source": _sources(trade, len(visits), draw),
            "inspector": draw.choice(PEOPLE, size=len(visits)),
            "note": np.where(draw.random(len(visits)) < REMARK_SHARE, draw.choice(REMARKS, size=len(visits)), ""),
        }
    )
    for component in components(trade):
        spread = np.hypot(COMPONENT_SPREAD, EYE_SPREAD)
        table[f"grade.{component}"] = letters(index + draw.normal(0, spread, len(visits)))
    return _with_figures(table, trade, index, visits, draw)


def _visits(things: pd.DataFrame, times: int, calendar: Calendar, draw: np.random.Generator) -> pd.DataFrame:
    """Let each thing be visited so many times, evenly but never twice alike, once it has been there for a month."""
    visits = things.loc[things.index.repeat(times)].reset_index(drop=True)
    turn = np.tile(np.arange(times), len(things))
    days = (turn + draw.uniform(0.05, 0.95, len(visits))) * 365 * YEARS_INSPECTED / times
    first = pd.Series(pd.Timestamp(calendar.inspected_from), index=visits.index)
    visits["inspected_at"] = days_after(first, days)
    there = visits["inspected_at"] > visits["in_service_on"] + pd.Timedelta(days=30)
    past = visits["inspected_at"] < pd.Timestamp(calendar.today)
    return visits[there & past & (visits["status"] != "retired")].reset_index(drop=True)


def _sources(trade: str, length: int, draw: np.random.Generator) -> np.ndarray:
    """Let some of what was seen come in by telephone or through the code on the thing itself."""
    usual = SOURCES[trade]
    if usual == "spreadsheet":
        return np.full(length, usual)
    return np.asarray(draw.choice([usual, "call", "qr"], size=length, p=[0.93, 0.04, 0.03]))


def _with_figures(
    table: pd.DataFrame, trade: str, index: np.ndarray, visits: pd.DataFrame, draw: np.random.Generator
) -> pd.DataFrame:
    """Add the meter that was read on things without a sensor, and the overall index that wind inspectors give."""
    years = years_between(visits["in_service_on"], visits["inspected_at"])
    if trade == "wind":
        table["index"] = np.round(np.clip(index + draw.normal(0, EYE_SPREAD, len(table)), 0, 100), 1)
    metric = {"projection": "lamp_hours", "forklift": "operating_hours", "laundry": "cycles"}.get(trade)
    if metric:
        read = (years * visits["use_per_year"]).round(0)
        table[f"reading.{metric}"] = read.where(~visits["connected"].astype(bool))
    if SOURCES[trade] == "app":
        names = visits["serial"] + visits["inspected_at"].dt.strftime("@%Y-%m-%d")
        table.insert(0, "id", [str(uuid5(NAMESPACE_URL, f"demo:{name}")) for name in names])
    return table
