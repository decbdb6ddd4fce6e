"""Read a batch of readings in whatever form it was sent; what the readings mean is checked afterwards."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from telemetry.reading import Arrived
from telemetry.refusal import Refusal
from telemetry.wire.arrow_stream import from_arrow
from telemetry.wire.content_encoding import MOST, unpack
from telemetry.wire.csv_table import from_csv
from telemetry.wire.json_forms import from_json, from_lines
from telemetry.wire.line_protocol import from_line_protocol
from telemetry.wire.precision import Precision, precision_of
from telemetry.wire.senml import from_senml


class UnknownMediaType(Refusal):
    """The body is in a form that we do not read."""


class _Told(NamedTuple):
    """What is known of a body beside itself."""

    precision: str
    now: datetime

    def precision_or(self, usual: Precision) -> Precision:
        return precision_of(self.precision) if self.precision else usual


def decode(
    body: bytes, *, content_type: str, encoding: str = "", now: datetime, precision: str = "", most: int = MOST
) -> Arrived:
    """Read a batch in the form that its content type names; a moment that counts from now counts from `now`.

    `encoding` is the Content-Encoding, `precision` what a clock counts where the content type does not say it, and
    `most` how many bytes the body may have, unpacked. A reading whose value is no number or whose moment cannot be
    read is kept as it came, for others to doubt. Raises UnknownMediaType, UnknownEncoding, BatchTooLarge and
    UnreadableBatch.
    """
    form, _, parameters = content_type.partition(";")
    read = FORMS.get(form.strip().lower())
    if read is None:
        sentence = f"readings come as {', '.join(FORMS)}, not as '{form.strip()[:60]}'"
        raise UnknownMediaType(sentence, field="Content-Type")
    told = _Told(_parameter(parameters, "precision") or precision, now)
    return read(unpack(body, encoding=encoding, most=most), told)


def _parameter(parameters: str, name: str) -> str:
    pairs = (one.partition("=") for one in parameters.split(";"))
    return next((value.strip().strip('"') for key, _, value in pairs if key.strip().lower() == name), "")


def _lines(body: bytes, told: _Told) -> Arrived:
    return from_line_protocol(body, told.precision_or(Precision.NS), now=told.now)


FORMS: dict[str, Callable[[bytes, _Told], Arrived]] = {
    "application/json": lambda body, told: from_json(body, told.precision_or(Precision.MS)),
    "application/x-ndjson": lambda body, told: from_lines(body, told.precision_or(Precision.MS)),
    "text/csv": lambda body, _: from_csv(body),
    "text/plain": _lines,
    "application/x-influx-line-protocol": _lines,
    "application/senml+json": lambda body, told: from_senml(body, now=told.now),
    "application/vnd.apache.arrow.stream": lambda body, told: from_arrow(body, told.precision_or(Precision.MS)),
}
