"""The laundry of the MQTT tests, for those that kill a broker."""

from tests.mqtt.conftest import laundry, nats

__all__ = ["laundry", "nats"]
