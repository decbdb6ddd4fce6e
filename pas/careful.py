"""Every route of the API reads its input strictly, and does a write under an `Idempotency-Key` once."""

from collections.abc import Callable, Coroutine
from json import JSONDecodeError
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from pas.idempotency import HEADER, Once, fingerprint
from pas.strict_input import StrictRequest, check_text

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def careful(router: APIRouter) -> APIRouter:
    """Wrap every route of a router, before it is included; twice is once."""
    for route in router.routes:
        if isinstance(route, APIRoute) and "get_route_handler" not in route.__dict__:
            route.__dict__["get_route_handler"] = _carefully(route.get_route_handler)
    return router


def _carefully(handler_of_route: Callable[[], Handler]) -> Callable[[], Handler]:
    def get_route_handler() -> Handler:
        handler = handler_of_route()

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            await _check_input(strict)
            once = await _once(strict)
            response = await handler(strict)
            if once is not None:
                once.response = response
            return response

        return handle

    return get_route_handler


async def _check_input(request: StrictRequest) -> None:
    """Look for what no request may hold; JSON that is no JSON is left for the route to refuse."""
    for name, value in (*request.query_params.multi_items(), *request.path_params.items()):
        check_text([name, value], where=name.replace("\x00", ""))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            await request.json()
        except JSONDecodeError:
            return


async def _once(request: Request) -> Once | None:
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return None
    once = Once(key, fingerprint(request, await request.body()))
    request.state.once = once
    return once
