"""One thin router a noun: take the request apart, call one verb or query, give the answer."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
"""Every router of the API, in the order of the documentation."""
