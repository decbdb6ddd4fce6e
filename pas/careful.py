"""Every route asks who is there before it reads what they send, reads it strictly, and does a write once.

What a stranger sends is never taken apart, and where no login is needed little is read at all.
"""

from collections.abc import Callable, Coroutine
from json import JSONDecodeError
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from pas.access import admit, roles_of
from pas.headers import counted
from pas.idempotency import HEADER, Once, fingerprint
from pas.strict_input import StrictRequest, check_text

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_MOST_OF_STRANGERS = 64 * 1024
"""Bytes that a route without login reads: a login form is small, and anybody may send one."""


class RawRoute(APIRoute):
    """A route whose function takes the request as it came, once the caller is admitted, and reads the body itself.

    Nothing else is done for it: it has no other parameters, and what is asked of input is its own to hold.
    """

    def get_route_handler(self) -> Handler:
        """Give the function behind the two checks that no route goes without."""
        function: Handler = self.endpoint

        async def handle(request: Request) -> Response:
            await admit(request)
            _check_names(request)
            return await function(request)

        return handle


def careful(router: APIRouter) -> APIRouter:
    """Wrap every route of a router but the raw ones, before it is included; twice is once."""
    for route in router.routes:
        if isinstance(route, RawRoute):
            continue
        if isinstance(route, APIRoute) and "get_route_handler" not in route.__dict__:
            route.__dict__["get_route_handler"] = _carefully(route.get_route_handler)
    return router


def _carefully(handler_of_route: Callable[[], Handler]) -> Callable[[], Handler]:
    def get_route_handler() -> Handler:
        handler = handler_of_route()

        async def handle(request: Request) -> Response:
            strict = await _admitted(request)
            await _check_input(strict)
            once = await _once(strict)
            response = await handler(strict)
            if once is not None:
                once.response = response
            return response

        return handle

    return get_route_handler


async def _admitted(request: Request) -> StrictRequest:
    """Hold the caller against the route's declaration; a public route reads little."""
    if roles_of(request.scope.get("route")) == frozenset():
        return StrictRequest(request.scope, counted(request.scope, request.receive, most=_MOST_OF_STRANGERS))
    strict = StrictRequest(request.scope, request.receive)
    await admit(strict)
    return strict


async def _check_input(request: StrictRequest) -> None:
    """Look for what no request may hold; JSON that is no JSON is left for the route to refuse."""
    _check_names(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            await request.json()
        except JSONDecodeError:
            return


def _check_names(request: Request) -> None:
    for name, value in (*request.query_params.multi_items(), *request.path_params.items()):
        check_text([name, value], where=name.replace("\x00", ""))


async def _once(request: Request) -> Once | None:
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return None
    once = Once(key, fingerprint(request, await request.body()))
    request.state.once = once
    return once
