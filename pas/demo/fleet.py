"""Which things there are in the demo, where they stand, since when, how hard they are used and how fast they wear."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pas.demo.dates import Calendar
from pas.demo.definitions import products, read_rows
from pas.demo.draws import stream
from pas.demo.wear import true_index

ALWAYS_CONNECTED = 2
"""Things of each connected trade that send readings however small the fleet is."""
HOT_ROOM = ("K016", "projection", "Zaal 4")
MISUSED = ("K026", "forklift")
NEAR_ITS_END = ("K021", "lighting")
SECOND_LIFE = ("K020", "projection")
PROJECTORS_IN_THE_HOT_ROOM = 5
EDGE_PACE, MIDDLE_PACE = 1.35, 0.92
"""How much faster than declared a turbine wears at the edge of the farm, and in its middle."""

DEPOT, WORKSHOP = "DEPOT", "ATELIER"
REPLACED_BELOW, REPLACED_SHARE = 45, 0.85
"""Index below which a thing was replaced, and how often that was done in time."""
STOCK_SHARE = 0.042
"""Share of office furniture that stands in our own depot or workshop, besides what customers hold."""

TERM_YEARS = {
    "furniture": 6,
    "projection": 5,
    "lighting": 10,
    "forklift": 5,
    "laundry": 6,
    "trolley": 5,
    "wind": 15,
}
PAST_THE_TERM = 1.25
KNOWN_AGES = {("K039", "wind", 1): 11.5, ("K021", "lighting", 1): 9.35, ("K016", "projection", 1): 2.7}
"""Years for which the groups of our stories have been there: customer, trade, rank of the site."""
USE_PER_YEAR = {"projection": 2400, "lighting": 4100, "forklift": 1350, "laundry": 1750, "wind": 7300}
CONNECTED_SHARE = {"projection": 0.56, "forklift": 0.42, "laundry": 0.19, "wind": 1.0}
"""Share of the things of a trade that send readings; of the luminaires only the gateways do."""


class Group(NamedTuple):
    """The things of one trade at one site of one customer: they came together and share a contract."""

    customer: str
    country: str
    trade: str
    site: str
    town: str
    things: int
    rank: int

    @property
    def contract(self) -> str:
        """Give the number of the contract under which they stand."""
        return f"C{self.customer[1:]}-{self.rank}-{self.trade[:3].upper()}"


def sites_of(customer: dict[str, str]) -> list[tuple[str, str]]:
    """Give the code and the town of each site of a customer."""
    return [(f"{customer['code']}-S{rank}", town) for rank, town in enumerate(customer["towns"].split("|"), start=1)]


def groups(*, divisor: int) -> list[Group]:
    """Spread every customer's things over its sites; a divisor above one makes the fleet smaller."""
    found = []
    for customer in read_rows("customers.csv"):
        for trade, things in (part.split(":") for part in customer["things"].split("+")):
            found += _spread(customer, trade, _scaled(trade, int(things), divisor))
    return found


def _scaled(trade: str, things: int, divisor: int) -> int:
    """Give how many remain of so many things; a wind farm keeps a middle however small it gets."""
    return max(9 if trade == "wind" else 1, round(things / divisor))


def _spread(customer: dict[str, str], trade: str, things: int) -> list[Group]:
    sites = sites_of(customer)
    shares = [len(share) for share in np.array_split(np.arange(things), len(sites))]
    return [
        Group(customer["code"], customer["country"], trade, site, town, share, rank)
        for rank, ((site, town), share) in enumerate(zip(sites, shares, strict=True), start=1)
        if share
    ]


def fleet(calendar: Calendar, *, seed: int, divisor: int) -> pd.DataFrame:
    """Draw the whole fleet, one thing a row."""
    draw = stream(seed, "fleet")
    parts = [_things_of(group, calendar, draw) for group in groups(divisor=divisor)]
    parts.append(_stock(calendar, draw, divisor))
    things = pd.concat(parts, ignore_index=True)
    things["serial"] = _serials(things["product"])
    things = _with_stories(things, draw)
    things.attrs["until"] = pd.Timestamp(calendar.today)
    return _renewed(things, draw)


def _renewed(things: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    """Let most of what would be worn out by now have been replaced in its contract, as leases have it."""
    worn = (true_index(things, things.attrs["until"]) < REPLACED_BELOW) & (things["story"] == "")
    worn &= (things["status"] == "in_service") & (draw.random(len(things)) < REPLACED_SHARE)
    there = (things.attrs["until"] - things["in_service_on"]) / pd.Timedelta(days=1)
    younger = things["in_service_on"] + pd.to_timedelta(np.rint(there * draw.uniform(0.6, 0.95, len(things))), unit="D")
    made = younger - pd.Timedelta(days=60)
    return things.assign(
        in_service_on=things["in_service_on"].where(~worn, younger), made_on=things["made_on"].where(~worn, made)
    )


def _things_of(group: Group, calendar: Calendar, draw: np.random.Generator) -> pd.DataFrame:
    """Draw the things of a group; where there is light, one gateway measures it."""
    things = group.things + (group.trade == "lighting")
    in_service = _in_service(group, calendar, draw, things)
    table = pd.DataFrame({"product": _products(group, draw), "in_service_on": in_service})
    table = table.assign(
        trade=group.trade,
        customer=group.customer,
        country=group.country,
        site=group.site,
        contract=group.contract,
        place=_places(group, things),
        made_on=in_service - pd.to_timedelta(draw.integers(20, 120, things), unit="D"),
        status="in_service",
    )
    return _with_use(table, group.trade, draw)


def _with_use(table: pd.DataFrame, trade: str, draw: np.random.Generator) -> pd.DataFrame:
    """Draw how hard each thing is used and how much faster or slower than declared it wears by itself."""
    things = len(table)
    use = USE_PER_YEAR.get(trade)
    connected = draw.random(things) < CONNECTED_SHARE.get(trade, 0.0)
    return table.assign(
        use_per_year=np.nan if use is None else use * draw.lognormal(0.0, 0.18, things),
        pace=draw.lognormal(-0.03, 0.25, things),
        connected=connected | (table["product"] == "LICHT-GW"),
    )


def _products(group: Group, draw: np.random.Generator) -> list[str]:
    ours = [product for product in products() if product["trade"] == group.trade and product["share"]]
    shares = np.array([product["share"] for product in ours])
    drawn = draw.choice([product["code"] for product in ours], size=group.things, p=shares / shares.sum())
    return [*drawn.tolist(), *(["LICHT-GW"] if group.trade == "lighting" else [])]


def _in_service(group: Group, calendar: Calendar, draw: np.random.Generator, things: int) -> pd.Series:
    """Let a group come together within two months; some groups are past their first term and renewed."""
    drawn = draw.uniform(0.4, TERM_YEARS[group.trade] * PAST_THE_TERM)
    years = KNOWN_AGES.get((group.customer, group.trade, group.rank), drawn)
    began = pd.Timestamp(calendar.today) - pd.Timedelta(days=round(years * 365.25))
    return pd.Series(began + pd.to_timedelta(np.sort(draw.integers(0, 60, things)), unit="D"))


def _places(group: Group, things: int) -> list[str]:
    if group.trade == "wind":
        width = 3 if things <= 9 else 8  # noqa: PLR2004 - a small farm is three by three, the whole one five by eight
        return [f"R{rank // width + 1}-M{rank % width + 1}" for rank in range(things)]
    name, per_place = {
        "furniture": ("Verdieping", 30),
        "projection": ("Zaal", 1),
        "lighting": ("Zone", 25),
        "forklift": ("Hal", 6),
        "laundry": ("Wasruimte", 8),
        "trolley": ("Dok", 20),
    }[group.trade]
    return [f"{name} {rank // per_place + 1}" for rank in range(things)]


def _stock(calendar: Calendar, draw: np.random.Generator, divisor: int) -> pd.DataFrame:
    """Draw what came back and stands with us: in stock, just returned, or in the workshop."""
    things = max(4, round(1000 * STOCK_SHARE / divisor))
    in_service = pd.Series(pd.Timestamp(calendar.today) - pd.to_timedelta(draw.integers(1500, 3600, things), unit="D"))
    status = np.array(["in_stock", "in_stock", "returned", "in_workshop"])[np.arange(things) % 4]
    table = pd.DataFrame(
        {
            "product": draw.choice(["STOEL-T1", "BUREAU-Z2"], size=things),
            "in_service_on": in_service,
            "trade": "furniture",
            "customer": "",
            "country": "BE",
            "site": np.where(status == "in_workshop", WORKSHOP, DEPOT),
            "contract": "",
            "place": "",
            "made_on": in_service - pd.Timedelta(days=40),
            "status": status,
        }
    )
    return _with_use(table, "furniture", draw)


def _serials(product: pd.Series) -> pd.Series:
    """Count up each product's things; cabinets carry bare digits with leading zeros, as some makers do."""
    number = product.groupby(product).cumcount() + 1
    text = product + "-" + (number + 100).astype(str).str.zfill(6)
    return text.where(product != "KAST-K3", "007" + number.astype(str).str.zfill(5))


def _with_stories(things: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    """Plant what the service should find: a hot room, a misused forklift, old light, the edge of a wind farm."""
    for trade in CONNECTED_SHARE:
        things.loc[things.index[things["trade"] == trade][:ALWAYS_CONNECTED], "connected"] = True
    things["story"], things["room"] = "", np.round(draw.normal(21.5, 0.9, len(things)), 2)
    first_site = things["site"].str.endswith("-S1")
    customer, trade, place = HOT_ROOM
    hot = things.index[(things["customer"] == customer) & (things["trade"] == trade) & first_site]
    hot = hot[:PROJECTORS_IN_THE_HOT_ROOM]
    things.loc[hot, "story"], things.loc[hot, "place"] = "hot room", place
    things.loc[hot, "room"], things.loc[hot, "connected"] = 31.0, True
    misused = things.index[(things["customer"] == MISUSED[0]) & (things["trade"] == MISUSED[1])][:1]
    things.loc[misused, "story"], things.loc[misused, "connected"] = "misuse", True
    ageing = things.index[(things["customer"] == NEAR_ITS_END[0]) & (things["trade"] == NEAR_ITS_END[1]) & first_site]
    things.loc[ageing, "story"] = "near its end"
    things.loc[ageing, "pace"] = 1.2 * things.loc[ageing, "pace"].clip(0.9, 1.2)
    return _with_second_life(_with_wind_farm(things))


def _with_second_life(things: pd.DataFrame) -> pd.DataFrame:
    """Let one projector be remanufactured from another that is retired now: two lives, two numbers, one link."""
    first = things.index[(things["customer"] == SECOND_LIFE[0]) & (things["trade"] == SECOND_LIFE[1])][0]
    earlier = things.loc[[first]]
    earlier = earlier.assign(
        serial=earlier["serial"] + "-I",
        in_service_on=earlier["in_service_on"] - pd.Timedelta(days=1900),
        made_on=earlier["made_on"] - pd.Timedelta(days=1900),
        customer="",
        contract="",
        site=WORKSHOP,
        place="",
        connected=False,
        status="retired",
    )
    things["previous_life"] = ""
    things.loc[first, "previous_life"], things.loc[first, "story"] = earlier["serial"].iloc[0], "second life"
    return pd.concat([things, earlier.assign(previous_life="", story="")], ignore_index=True)


def _with_wind_farm(things: pd.DataFrame) -> pd.DataFrame:
    turbines = things.index[things["trade"] == "wind"]
    grid = things.loc[turbines, "place"].str.extract(r"R(\d+)-M(\d+)").astype(int)
    edge = grid.isin({0: [1], 1: [1]}).any(axis=1) | (grid == grid.max()).any(axis=1)
    things.loc[turbines, "story"] = np.where(edge, "edge of the wind farm", "middle of the wind farm")
    spread = things.loc[turbines, "pace"].clip(0.8, 1.25) ** 0.35
    things.loc[turbines, "pace"] = np.where(edge, EDGE_PACE, MIDDLE_PACE) * spread
    return things
