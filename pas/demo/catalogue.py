"""The catalogue of the demo as tables: materials, products, parts, sites and customers."""

import json
from typing import Any

import pandas as pd

from pas.demo.definitions import ZONES, gtin, products, read_rows, towns, trades, vat_number
from pas.demo.fleet import DEPOT, WORKSHOP, sites_of

TRADE_TERMS = ("wear_limits", "grade_factors", "ratings", "checklist", "value_curve", "routes")
WITHOUT_GTIN = frozenset({"furniture"})
"""Trades whose things bear no trade item number; they get an individual asset number instead."""
OWN_SITES = (
    (DEPOT, "Depot", "Mechelen", "Demokaai 1"),
    (WORKSHOP, "Werkplaats", "Aalst", "Modelplein 2"),
)


def product_table() -> pd.DataFrame:
    """Give the products; nested terms are JSON cells."""
    return pd.DataFrame([_product(product) for product in products()])


def _product(product: dict[str, Any]) -> dict[str, Any]:
    trade = trades()[product["trade"]]
    return {
        "code": product["code"],
        "name": product["name"],
        "trade": product["trade"],
        "maker": trade["maker"],
        "gtin": gtin_of(product["code"]) or "",
        "price_new": product["price_new"],
        "currency": "EUR",
        "rated_years": product["rated_years"],
        "usage_metric": product.get("usage_metric", ""),
        "rated_usage": product.get("rated_usage", ""),
        "wage": trade["wage"],
        "inspect_every_days": trade.get("inspect_every_days", ""),
        "inspect_every_use": trade.get("inspect_every_use", "") if product.get("usage_metric") else "",
    } | {name: json.dumps(_terms(product, name), ensure_ascii=False) for name in TRADE_TERMS}


def _terms(product: dict[str, Any], name: str) -> Any:
    """Give the terms of a product's trade, or its own; to routes come its parts and the CO2 that they save."""
    told = product.get(name, trades()[product["trade"]][name])
    return [_route(product, one) for one in told] if name == "routes" else told


def _route(product: dict[str, Any], terms: dict[str, Any]) -> dict[str, Any]:
    replaced = [
        {"part": part, "from_grade": grade} for part, grade in product.get("replaces", {}).get(terms["route"], [])
    ]
    saved = carbon_saved(product, terms["route"])
    return terms | ({"replaces": replaced} if replaced else {}) | ({"carbon_saved": saved} if saved else {})


def carbon_saved(product: dict[str, Any], route: str) -> float:
    """Give the kg of CO2e that one thing saves on a route: a share of its mass, or of what making a new one takes."""
    terms = trades()[product["trade"]]["carbon"]
    carbon = {material["code"]: float(material["carbon"]) for material in read_rows("materials.csv")}
    whole = sum(part[3] * part[4] * (1.0 if terms["of"] == "mass" else carbon[part[2]]) for part in product["parts"])
    return float(round(whole * terms["share"].get(route, 0.0), 1))


def gtin_of(code: str) -> str | None:
    """Give the trade item number of a product that has one."""
    ranks = {product["code"]: (rank, product["trade"]) for rank, product in enumerate(products(), start=1)}
    rank, trade = ranks[code]
    return None if trade in WITHOUT_GTIN else gtin(rank)


def part_table() -> pd.DataFrame:
    """Give the bills of materials."""
    names = [
        "code",
        "name",
        "material",
        "quantity",
        "mass",
        "recycled_content",
        "value",
        "component",
        "removal_minutes",
    ]
    rows = [
        {"product": product["code"]} | dict(zip(names, part, strict=True))
        for product in products()
        for part in product["parts"]
    ]
    return pd.DataFrame(rows)


def customer_table() -> pd.DataFrame:
    """Give the customers, each with the address of its first site."""
    rows = []
    for rank, customer in enumerate(read_rows("customers.csv"), start=1):
        town = sites_of(customer)[0][1]
        rows.append(
            {
                "code": customer["code"],
                "name": f"{customer['name']} (synthetic)",
                "vat_number": vat_number(customer["country"], rank),
                "street": f"{towns()[town]['street']} {rank}",
                "postal_code": towns()[town]["postal_code"],
                "city": town,
                "country": customer["country"],
                "language": customer["language"],
                "email": f"{customer['code'].lower()}@customer.example",
            }
        )
    return pd.DataFrame(rows)


def site_table() -> pd.DataFrame:
    """Give every customer's sites and our own two."""
    rows = [_site(code, name, town, street, towns()[town]) for code, name, town, street in OWN_SITES]
    for rank, customer in enumerate(read_rows("customers.csv"), start=1):
        for code, town in sites_of(customer):
            name = f"{customer['name']}, {town}"
            rows.append(_site(code, name, town, f"{towns()[town]['street']} {rank}", towns()[town]))
    return pd.DataFrame(rows)


def _site(code: str, name: str, town: str, street: str, at: dict[str, str]) -> dict[str, str]:
    return {
        "code": code,
        "name": name,
        "street": street,
        "postal_code": at["postal_code"],
        "city": town,
        "country": at["country"],
        "latitude": at["latitude"],
        "longitude": at["longitude"],
        "zone": ZONES[at["country"]],
    }
