"""What stands around every answer: headers that keep browsers safe, and a limit on what is sent to us."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; worker-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
    "manifest-src 'self'"
)
SAFE_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
"""Set on every answer that does not say otherwise itself."""
ONLY_HTTPS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


class SafeHeaders:
    """Adds the headers to each answer."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        """Know whether browsers reach us over https only."""
        self._app = app
        headers = {**SAFE_HEADERS, **(ONLY_HTTPS if https else {})}
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the answer's headers."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in self._headers if one[0] not in said)]
            await send(message)

        await self._app(scope, receive, send_safely if scope["type"] == "http" else send)


class BodyLimit:
    """Refuses a body that is too large, announced or not, before it fills the memory."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        """Know how many bytes are accepted."""
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while counting its bytes."""
        await self._app(scope, counted(scope, receive, most=self._most) if scope["type"] == "http" else receive, send)


def counted(scope: Scope, receive: Receive, *, most: int) -> Receive:
    """Count the bytes that come in, and refuse the first beyond `most`, or at once what announces more."""
    received, announced = 0, _announced(scope)

    async def receive_counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if max(received, announced) > most:
            raise HTTPException(413, f"a body may have {most} bytes at the most")
        return message

    return receive_counting


def _announced(scope: Scope) -> int:
    headers: Any = scope.get("headers", ())
    length = next((value for name, value in headers if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0
