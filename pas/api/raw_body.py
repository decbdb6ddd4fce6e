"""A body as it came, byte for byte: for what is signed, and for files that are no form."""

from typing import Annotated

from fastapi import Depends, Request


async def _raw(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw)]
"""Parameter type of a route: the body, unread."""
