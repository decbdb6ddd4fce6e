"""What is asked of the process that judges, what it tells, and how both travel."""

import struct
from typing import BinaryIO, NamedTuple

import msgspec

PEPPOL = "PEPPOL-EN16931-UBL.sch"
"""The file of the Peppol rules."""
_LENGTH = struct.Struct(">I")


class Told(NamedTuple):
    """A broken rule, as the rules tell it."""

    rule: str
    severity: str
    message: str
    where: str


class Asked(msgspec.Struct):
    """Judge this document; `peppol` is the folder of Peppol's rules, `rules_only` leaves the schema out.

    A list of these travels at once, and as many answers come back.
    """

    document: bytes
    peppol: str | None = None
    rules_only: bool = False


class Judged(msgspec.Struct):
    """What is wrong with a document, and by which rule sets and versions it was judged; `failed` where it was not."""

    told: list[Told]
    rule_sets: list[tuple[str, str]]
    failed: str = ""


def write_frame(stream: BinaryIO, content: bytes) -> None:
    """Write one message."""
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """Read one message; None where the other side has ended."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None
