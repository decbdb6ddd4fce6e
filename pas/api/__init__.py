"""One thin router a noun: take the request apart, call one verb or query, give the answer."""

from fastapi import APIRouter

from pas.api import api_keys, devices, health, people, session

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    session.router,
    people.router,
    api_keys.router,
    devices.router,
)
"""Every router of the API, in the order of the documentation."""
