"""One thin router a noun: take the request apart, call one verb or query, give the answer."""

from fastapi import APIRouter

from pas.api import (
    alerts,
    api_keys,
    assets,
    audit,
    bill_runs,
    conditions,
    contracts,
    customers,
    devices,
    end_report,
    health,
    history,
    inspections,
    invoices,
    materials,
    people,
    products,
    routes,
    seller,
    session,
    sites,
    values,
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
    seller.router,
    contracts.router,
    bill_runs.router,
    invoices.router,
    end_report.router,
    inspections.router,
    conditions.router,
    alerts.router,
    routes.router,
    values.router,
)
"""Every router of the API, in the order of the documentation."""
