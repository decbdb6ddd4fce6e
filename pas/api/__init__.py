"""One thin router a noun: take the request apart, call one verb or query, give the answer."""

from fastapi import APIRouter

from pas.api import (
    api_keys,
    assets,
    audit,
    customers,
    devices,
    health,
    history,
    materials,
    people,
    products,
    session,
    sites,
)

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    session.router,
    people.router,
    api_keys.router,
    devices.router,
    products.router,
    materials.router,
    sites.router,
    customers.router,
    assets.router,
    history.router,
    audit.router,
)
"""Every router of the API, in the order of the documentation."""
