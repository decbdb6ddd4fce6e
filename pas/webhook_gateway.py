"""Programs hear of alerts by signed POST requests (Standard Webhooks), never at an address inside our own network."""

import base64
import binascii
import hashlib
import hmac
import http.client
import socket
import ssl
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from telemetry.refusal import Refusal

_PATIENCE = 10.0
_SECRET = "whsec_"  # noqa: S105 - the sign by which such secrets are known
_READ = 500
_GONE = 410
_LONGEST_HOST = 253


class UnsafeAddress(Refusal):
    """A webhook must lead over https to an address that everybody can reach, not into our own network."""


class Called(NamedTuple):
    """What the program answered, and whether it said that it wants no more."""

    taken: bool
    answer: str
    gone: bool = False


class Call(NamedTuple):
    """One message to one program: its stable id, when it is sent, and the bytes that are signed."""

    url: str
    secret: str
    id: str
    at: datetime
    body: bytes


class Caller(Protocol):
    """Whatever makes calls."""

    def __call__(self, call: Call) -> Called:
        """Make one."""
        ...


Resolve = Callable[[str, int], list[str]]
"""Finds the addresses of a name."""


def new_webhook_secret(random: bytes) -> str:
    """Write random bytes as a secret of Standard Webhooks."""
    return _SECRET + base64.b64encode(random).decode()


def signature(secret: str, identifier: str, at: int, body: bytes) -> str:
    """Sign a message: HMAC-SHA256 over id, second and body.

    >>> signature("whsec_" + "A" * 32, "msg_1", 1, b"{}")[:3]
    'v1,'
    """
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET), validate=True)
    except (binascii.Error, ValueError):
        key = secret.encode()
    signed = hmac.new(key, f"{identifier}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def check_address(url: str, *, inside: bool) -> None:
    """See that an address could be called; whether its name leads inside is seen at each call.

    Raises UnsafeAddress.
    """
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        raise UnsafeAddress(
            "this is no address of the web; write one such as https://example.org/hook", field="url"
        ) from None
    host = parts.hostname or ""
    usable = parts.scheme == "https" or (inside and parts.scheme == "http")
    plain = url.isascii() and url.isprintable() and " " not in url and not parts.username and not parts.password
    if not usable or not host or not plain or len(host) > _LONGEST_HOST or port == 0:
        raise UnsafeAddress("a webhook needs an https address without a password in it", field="url")
    if not inside and _is_inside(host):
        raise UnsafeAddress(f"{host} lies inside a network of its own; webhooks go to public addresses", field="url")


def call_webhook(call: Call, *, inside: bool = False, resolve: Resolve | None = None) -> Called:
    """Make one call; redirects are not followed, and the address that was looked up is the very one that is called."""
    try:
        check_address(call.url, inside=inside)
        return _call(call, inside=inside, resolve=resolve or addresses)
    except UnsafeAddress as refused:
        return Called(taken=False, answer=f"not called: {refused.sentence}"[:_READ])
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        return Called(taken=False, answer=f"{type(error).__name__}: {error}"[:_READ])


def addresses(host: str, port: int) -> list[str]:
    """Look a name up."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _call(call: Call, *, inside: bool, resolve: Resolve) -> Called:
    parts = urlsplit(call.url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found = resolve(host, port)
    if not found or (not inside and any(_is_inside(one) for one in found)):
        raise UnsafeAddress(f"{host} leads inside a network of its own, or nowhere", field="url")
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    connection.sock = _connected(found[0], port, host if parts.scheme == "https" else None)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=call.body, headers=_headers(call))
        answer = connection.getresponse()
        text = answer.read(_READ).decode("utf-8", "replace")
    finally:
        connection.close()
    shown = f"HTTP {answer.status} {text}".strip()[:_READ]
    return Called(taken=200 <= answer.status < 300, answer=shown, gone=answer.status == _GONE)  # noqa: PLR2004


def _headers(call: Call) -> dict[str, str]:
    second = int(call.at.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "pas",
        "webhook-id": call.id,
        "webhook-timestamp": str(second),
        "webhook-signature": signature(call.secret, call.id, second, call.body),
    }


def _connected(address: str, port: int, tls_name: str | None) -> socket.socket:
    plain = socket.create_connection((address, port), timeout=_PATIENCE)
    if tls_name is None:
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=tls_name)


def _is_inside(host: str) -> bool:
    """Tell whether an address is not one of the open internet; a name is none."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_global or address.is_multicast
