"""How we show ourselves to Sparkplug nodes: as a host that is online or not, which some nodes wait for."""

import json
from datetime import datetime

from telemetry.moment import micros
from telemetry.mqtt_gateway import Will


def host_of(name: str, now: datetime) -> Will:
    """Give the state messages of a host of that name; both bear the same moment, as the specification asks."""
    gone, here = (json.dumps({"online": online, "timestamp": micros(now) // 1000}).encode() for online in (False, True))
    return Will(f"spBv1.0/STATE/{name}", gone, here)
