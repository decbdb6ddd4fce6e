"""An MQTT topic says whose message it is and what stands in it."""

from typing import NamedTuple
from urllib.parse import unquote

from telemetry.refusal import Refusal
from telemetry.sparkplug import Kind

TOPICS = ("pas/#", "spBv1.0/#")
"""All that we listen to."""
FORMS = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
    "lines": "text/plain",
    "senml": "application/senml+json",
    "arrow": "application/vnd.apache.arrow.stream",
}
"""Last part of the topic where the sender cannot name the form otherwise, as in MQTT 3.1.1."""
_BATCH = "readings"
_SPARKPLUG = "spBv1.0"
_KINDS = {kind.value for kind in Kind}
_OF_HOSTS = {"NCMD", "DCMD"}
_LONGEST = 120


class UnknownTopic(Refusal):
    """A message came under a topic that means nothing to us."""


class Batch(NamedTuple):
    """Readings in any form: `pas/ORGANISATION/DEVICE/readings`."""

    organisation: str
    device: str
    content_type: str
    """Empty where the topic does not say it."""


class Single(NamedTuple):
    """One value: `pas/ORGANISATION/DEVICE/ASSET/METRIC`."""

    organisation: str
    device: str
    asset: str
    metric: str


class Spoken(NamedTuple):
    """A Sparkplug message: `spBv1.0/ORGANISATION/KIND/NODE`, and the device behind the node if it is about one."""

    organisation: str
    device: str
    kind: Kind
    behind: str


Topic = Batch | Single | Spoken


def read_topic(topic: str) -> Topic | None:
    """Take a topic apart; None for what hosts say to nodes, which is no reading.

    >>> read_topic("pas/maker/sensor-3/WM1-0007/temperature")
    Single(organisation='maker', device='sensor-3', asset='WM1-0007', metric='temperature')
    >>> read_topic("pas/maker/sensor-3/readings/csv")
    Batch(organisation='maker', device='sensor-3', content_type='text/csv')

    Raises UnknownTopic.
    """
    parts = topic.split("/")
    if "\0" in unquote(topic):
        raise _unknown(topic)
    if len(parts) > 1 and parts[0] == _SPARKPLUG:
        return _spoken(topic, parts[1:])
    match parts:
        case ["pas", organisation, device, "readings"]:
            return Batch(organisation, unquote(device), "")
        case ["pas", organisation, device, "readings", form] if form in FORMS:
            return Batch(organisation, unquote(device), FORMS[form])
        case ["pas", organisation, device, asset, metric] if asset != _BATCH and asset and metric:
            return Single(organisation, unquote(device), unquote(asset), metric)
    raise _unknown(topic)


def _spoken(topic: str, parts: list[str]) -> Spoken | None:
    match parts:
        case ["STATE", *_]:
            return None
        case [_, kind, *_] if kind in _OF_HOSTS:
            return None
        case [organisation, kind, node] if kind in _KINDS and kind.startswith("N") and 0 < len(node) <= _LONGEST:
            return Spoken(organisation, node, Kind(kind), "")
        case [organisation, kind, node, behind] if kind in _KINDS and kind.startswith("D") and _named(node, behind):
            return Spoken(organisation, node, Kind(kind), behind)
    raise _unknown(topic)


def _named(*names: str) -> bool:
    return all(0 < len(name) <= _LONGEST for name in names)


def _unknown(topic: str) -> UnknownTopic:
    sentence = (
        f"the topic '{topic[:100]}' means nothing to us; send to pas/ORGANISATION/DEVICE/readings, "
        f"with /{' or /'.join(FORMS)} behind it, to pas/ORGANISATION/DEVICE/ASSET/METRIC, or as Sparkplug B"
    )
    return UnknownTopic(sentence, field="topic")
